import type { Event, EventType, PluginInstance } from '@webmacs/contracts'
import { newId } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { qualityMarks } from './quality-marks.ts'
import { positionInRange } from './range-position.ts'
import { groupSignals } from './signal-groups.ts'

const anEvent = (name: string, type: EventType = 'sensor'): Event => ({
  public_id: newId('evt'),
  name,
  type,
  unit: '°C',
  min_value: 0,
  max_value: 100,
  description: null,
  area: null,
  tags: [],
  decimals: null,
  value_labels: null,
  expected_interval_seconds: null,
  user_public_id: null,
})
const anInstance = (name: string, events: readonly Event[]): PluginInstance => ({
  public_id: newId('plg'),
  plugin_id: 'simulated',
  instance_name: name,
  demo_mode: false,
  enabled: true,
  status: 'connected',
  config_json: null,
  error_message: null,
  driven_by: 'controller',
  interval_ms: 1000,
  restarts: 0,
  created_on: '',
  updated_on: '',
  user_public_id: null,
  channel_mappings: events.map(({ public_id }) => ({
    public_id: newId('map'),
    channel_id: public_id,
    channel_name: '',
    direction: 'input',
    unit: '',
    event_public_id: public_id,
    created_on: '',
    settings: {},
    is_present: true,
  })),
})

test('sorts events under their instance, without its name in front, and the rest at the end', () => {
  const load = anEvent('Host – CPU load')
  const valve = anEvent('Host – Valve', 'actuator')
  const stray = anEvent('Host – by name only')
  const groups = groupSignals([stray, load, valve], [anInstance('Host', [load, valve]), anInstance('Empty', [])])
  expect(groups.map(({ title }) => title)).toEqual(['Host', 'Other signals'])
  expect(groups[0]?.sensors.map(({ label }) => label)).toEqual(['CPU load'])
  expect(groups[0]?.controls.map(({ label }) => label)).toEqual(['Valve'])
  expect(groups[1]?.sensors.map(({ label }) => label)).toEqual(['Host – by name only'])
})

test.each([
  [[], false, []],
  [['bad', 'sensor_fault'], false, ['Sensor fault']],
  [['bad'], false, ['Bad']],
  [['simulated', 'uncertain'], false, ['Uncertain', 'Simulated']],
  [['simulated'], true, ['Out of range', 'Simulated']],
  [['uncertain', 'out_of_range'], true, ['Out of range']],
] as const)('quality %j (outside: %s) is marked %j', (words, isOutside, texts) => {
  expect(qualityMarks(words, isOutside).map(({ text }) => text)).toEqual(texts)
})

test.each([
  [50, 0, 100, { percent: 50, side: 'inside' }],
  [-5, 0, 100, { percent: 0, side: 'below' }],
  [150, 100, 120, { percent: 100, side: 'above' }],
  [1, 3, 3, { percent: 0, side: 'inside' }],
] as const)('%d between %d and %d', (value, min, max, position) => {
  expect(positionInRange(value, min, max)).toEqual(position)
})
