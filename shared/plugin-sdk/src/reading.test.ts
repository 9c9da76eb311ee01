import { expect, test } from 'vitest'
import { resolveChannels } from './channel.ts'
import { InvalidReadingError } from './errors.ts'
import { interpretReadings, sensorFault } from './reading.ts'

const [temperature, level] = resolveChannels([
  {
    id: 'temperature',
    name: 'Temperature',
    direction: 'input',
    unit: '°C',
    readConversion: { type: 'divide', divisor: 10 },
  },
  { id: 'level', name: 'Level', direction: 'input', unit: 'bool', dataType: 'bool' },
])
if (temperature === undefined || level === undefined) throw new Error('no channels')
const channels = [temperature, level]

test('converts raw numbers and switches', () => {
  expect(interpretReadings(channels, { temperature: 235, level: true }).readings).toEqual([
    { channel: 'temperature', value: 23.5, quality: [] },
    { channel: 'level', value: 1, quality: [] },
  ])
})

test('has no reading for a channel that is left out or undefined', () => {
  expect(interpretReadings(channels, { level: undefined }).readings).toEqual([])
})

test('keeps the quality that the device knows, and a null value is bad', () => {
  const { readings } = interpretReadings(channels, {
    temperature: { value: 1200, quality: ['uncertain', 'out_of_range'] },
    level: { value: null, quality: ['uncertain', 'stale'] },
  })
  expect(readings).toEqual([
    { channel: 'temperature', value: 120, quality: ['uncertain', 'out_of_range'] },
    { channel: 'level', value: null, quality: ['bad', 'stale'] },
  ])
})

test('knows a sensor that could not be read', () => {
  expect(interpretReadings([temperature], { temperature: sensorFault }).readings).toEqual([
    { channel: 'temperature', value: null, quality: ['bad', 'sensor_fault'] },
  ])
})

test.each([
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '23.5',
  null,
  12n,
  [1],
  {},
  { value: 'hot', quality: [] },
  { value: 1, quality: ['fine'] },
  { value: 1, quality: ['bad', 'bad'] },
  Symbol('x'),
  () => 1,
])('marks %s as bad instead of passing it on', (raw) => {
  const { readings, unusable } = interpretReadings([temperature], { temperature: raw })
  expect(readings).toEqual([{ channel: 'temperature', value: null, quality: ['bad', 'sensor_fault'] }])
  expect(unusable).toEqual(['temperature'])
})

test('names channels that nobody asked for, and leaves them out', () => {
  const result = interpretReadings([temperature], { temperature: 1, ghost: 2 })
  expect(result.unknown).toEqual(['ghost'])
  expect(result.readings).toHaveLength(1)
})

test('does not take inherited properties for values', () => {
  const [odd] = resolveChannels([{ id: 'constructor', name: 'Odd', direction: 'input', unit: '1' }])
  if (odd === undefined) throw new Error('no channel')
  expect(interpretReadings([odd], {})).toEqual({ readings: [], unusable: [], unknown: [] })
})

test.each([undefined, null, 7, 'text', [1, 2]])('refuses %j as an answer', (answer) => {
  expect(() => interpretReadings(channels, answer)).toThrow(InvalidReadingError)
})
