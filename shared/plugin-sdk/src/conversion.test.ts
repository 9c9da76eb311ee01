import { expect, test } from 'vitest'
import { type Conversion, toEngineering, toRaw } from './conversion.ts'

const cases: [Conversion, number, number][] = [
  [{ type: 'none' }, 12.5, 12.5],
  [{ type: 'linear', scale: 0.01 }, 4200, 42],
  [{ type: 'linear', scale: 2, offset: -10 }, 30, 50],
  [{ type: 'linear' }, 7, 7],
  [{ type: 'divide', divisor: 10 }, 235, 23.5],
  [{ type: 'divide' }, 235, 235],
  [{ type: 'custom', toEngineering: (raw) => raw ** 2, toRaw: Math.sqrt }, 4, 16],
]

test.each(cases)('turns raw into engineering and back with %j', (conversion, raw, engineering) => {
  expect(toEngineering(conversion, raw)).toBeCloseTo(engineering, 12)
  expect(toRaw(conversion, engineering)).toBeCloseTo(raw, 9)
})

test('gives 0 instead of infinity for a scale or a divisor of 0', () => {
  expect(toEngineering({ type: 'divide', divisor: 0 }, 5)).toBe(0)
  expect(toRaw({ type: 'linear', scale: 0, offset: 3 }, 5)).toBe(0)
})

test('bounds when reading with clamp, and leaves what is written alone', () => {
  expect(toEngineering({ type: 'clamp', min: 0, max: 10 }, 12)).toBe(10)
  expect(toEngineering({ type: 'clamp', min: 0 }, -1)).toBe(0)
  expect(toEngineering({ type: 'clamp' }, 1e9)).toBe(1e9)
  expect(toRaw({ type: 'clamp', min: 0, max: 10 }, 12)).toBe(12)
})

test('writes as it is what a conversion of the driver has no way back for', () => {
  expect(toRaw({ type: 'custom', toEngineering: (raw) => raw * 2 }, 8)).toBe(8)
})

test('leaves the value alone for a conversion that it does not know', () => {
  const unknown = { type: 'cubic' } as unknown as Conversion // what a driver in plain JavaScript could say
  expect(toEngineering(unknown, 3)).toBe(3)
  expect(toRaw(unknown, 3)).toBe(3)
})
