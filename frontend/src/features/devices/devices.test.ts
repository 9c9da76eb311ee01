import { ClientError } from '@webmacs/client'
import { type ChannelMapping, type Direction, newId, type PluginInstance } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { formOf } from '../schema-form/form-model.ts'
import { type ChannelNow, channelRows } from './channel-rows.ts'
import { channelSettingsForm } from './channel-settings-form.ts'
import { configText, createBody, draftOf, newDraft } from './device-draft.ts'
import { draftProblems, serverProblems } from './device-problems.ts'
import { newEventOf, takenEvents } from './link-draft.ts'

const aMapping = (channel: string, direction: Direction, event = newId('evt')): ChannelMapping => ({
  public_id: newId('map'),
  channel_id: channel,
  channel_name: channel,
  direction,
  unit: '%',
  event_public_id: event,
  created_on: '',
  settings: {},
  is_present: false,
})
const anInstance = (mappings: ChannelMapping[], facts: Partial<PluginInstance> = {}): PluginInstance => ({
  public_id: newId('plg'),
  plugin_id: 'simulated',
  instance_name: 'Reactor',
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
  channel_mappings: mappings,
  ...facts,
})
const aChannel = (id: string, direction: Direction, range: readonly [number, number] = [0, 100]): ChannelNow => ({
  id,
  name: id,
  direction,
  unit: '%',
  min_value: range[0],
  max_value: range[1],
  data_type: 'float',
  safe_value: 0,
  readback: true,
  channel_id: id,
  value: 1,
  quality: [],
  time: null,
})

const FORM = formOf({
  type: 'object',
  properties: { host: { type: 'string' }, port: { type: 'integer', default: 502 }, password: { type: 'string' } },
  required: ['host'],
})

test('lists the channels as the device has them, then those that it has no more', () => {
  const instance = anInstance([aMapping('old', 'input'), aMapping('heater', 'output')])
  const rows = channelRows(instance, [aChannel('temp', 'input'), aChannel('heater', 'output')])
  expect(rows.map(({ id, isGone, mapping }) => [id, isGone, mapping !== undefined])).toEqual([
    ['temp', false, false],
    ['heater', false, true],
    ['old', true, true],
  ])
})

test('an event that another channel has is taken, that of the channel itself is not', () => {
  const [shared, own] = [newId('evt'), newId('evt')]
  const instance = anInstance([aMapping('a', 'input', shared), aMapping('b', 'input', own)])
  const rows = channelRows(instance, undefined)
  const b = rows.find(({ id }) => id === 'b')
  const heater = channelRows(anInstance([]), [aChannel('heater', 'output')])[0]
  if (b === undefined || heater === undefined) throw new Error('no rows')
  expect([...takenEvents([instance], instance, b)]).toEqual([shared])
  expect([...takenEvents([instance], instance, heater)]).toEqual([shared, own])
})

test.each([
  ['input', [0, 100], 'sensor'],
  ['output', [0, 100], 'range'],
  ['output', [0, 1], 'actuator'],
  ['bidirectional', [0, 1], 'range'],
] as const)('an %s from %j gets an event of type %s', (direction, range, type) => {
  const [row] = channelRows(anInstance([]), [aChannel('Heater', direction, range)])
  if (row === undefined) throw new Error('no row')
  expect(newEventOf(anInstance([]), row)).toMatchObject({ name: 'Reactor – Heater', type })
})

test('a new device has a name that nobody has, and the defaults of its driver', () => {
  const draft = newDraft('Modbus', FORM, ['Modbus', 'Modbus 2'])
  expect(draft).toMatchObject({ name: 'Modbus 3', config: { port: 502 }, drivenBy: 'controller' })
  expect(createBody({ ...draft, config: { host: 'plc' } }, FORM, { pluginId: 'modbus', makesEvents: false })).toEqual({
    plugin_id: 'modbus',
    instance_name: 'Modbus 3',
    enabled: true,
    demo_mode: false,
    driven_by: 'controller',
    interval_ms: 1000,
    config_json: '{"host":"plc"}',
    auto_create_events: false,
  })
})

test('a stored secret goes back as it came, so that it stays', () => {
  const draft = draftOf(anInstance([], { config_json: '{"host":"plc","password":"[secret]"}' }), FORM)
  expect(configText(draft.config, FORM)).toBe('{"host":"plc","password":"[secret]"}')
  expect(configText({}, FORM)).toBeNull()
})

test('says at the fields what is missing, and what the server did not take', () => {
  const draft = { ...newDraft('', FORM, []), intervalMs: undefined }
  const problems = draftProblems(draft, FORM)
  expect(problems).toMatchObject({ name: 'Is needed', interval: 'Is needed' })
  expect([...problems.config]).toEqual([['host', 'is needed']])
  const refused = serverProblems(
    new ClientError({
      status: 422,
      code: 'request.invalid',
      detail: 'Not valid.',
      errors: [
        { field: 'body.config_json.port', rule: 'must be <= 65535' },
        { field: 'body.instance_name', rule: 'must not be blank' },
        { field: 'body.other', rule: 'is unknown' },
      ],
    }),
  )
  expect([...refused.config]).toEqual([['port', 'must be <= 65535']])
  expect(refused).toMatchObject({ name: 'must not be blank', rest: ['body.other is unknown'] })
})

test('the form of a channel has every setting, and those of outputs only for outputs', () => {
  const names = (hasOutput: boolean): string[] => {
    const form = channelSettingsForm('°C', hasOutput)
    return form.kind === 'group' ? form.members.map(({ name, field }) => `${name}: ${field.kind}`) : []
  }
  const common = ['interval_ms: number', 'deadband: number', 'max_silence_ms: number', 'calibration: variants']
  expect(names(false)).toEqual(common)
  expect(names(true)).toEqual([...common, 'output: group'])
})
