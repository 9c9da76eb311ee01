import { newId } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import type { Signal, SignalGroup } from '../signals/signal-groups.ts'
import { firstChoice, planChart } from './chart-plan.ts'

const aSignal = (label: string, unit: string): Signal => ({
  label,
  channel: undefined,
  event: {
    public_id: newId('evt'),
    name: label,
    type: 'sensor',
    unit,
    min_value: 0,
    max_value: 1,
    description: null,
    area: null,
    tags: [],
    decimals: null,
    value_labels: null,
    expected_interval_seconds: null,
    user_public_id: null,
  },
})
const aGroup = (title: string, ...sensors: Signal[]): SignalGroup => ({
  id: title,
  title,
  instance: undefined,
  sensors,
  controls: [],
})
const idsOf = (...signals: Signal[]) => signals.map(({ event }) => event.public_id)

const load = aSignal('Load', '%')
const heat = aSignal('Temperature', '°C')
const jacket = aSignal('Temperature', '°C')
const pressure = aSignal('Pressure', 'bar')
const groups = [aGroup('Host', load, heat), aGroup('Reactor', jacket, pressure)]

test('gives the first two units an axis each and names those left out', () => {
  const plan = planChart(groups, idsOf(load, pressure, heat))
  expect(plan.units).toEqual(['%', 'bar'])
  expect(plan.leftOut).toEqual(['°C'])
  expect(plan.plotted.map(({ signal }) => signal)).toEqual([load, pressure])
})

test('puts the group in front of names that two groups share', () => {
  const names = planChart(groups, idsOf(load, heat, jacket)).plotted.map(({ name }) => name)
  expect(names).toEqual(['Load', 'Host: Temperature', 'Reactor: Temperature'])
})

test('passes over events that are gone', () => {
  expect(planChart(groups, ['evt_gone', ...idsOf(load)]).plotted).toHaveLength(1)
})

test('first shows sensors of every instance that share two axes', () => {
  expect(firstChoice(groups)).toEqual(idsOf(load, jacket, heat))
  expect(firstChoice([])).toEqual([])
})
