import { expect, test } from 'vitest'
import { Button } from './button.ts'

const SECOND = 1_000_000
const NOW = 1_000 * SECOND

/** What a sequence of readings means, each a second after the one before. */
const movesOf = (source: string, values: readonly number[]) => {
  const button = new Button()
  return values.map((value, index) => button.hear(source, value, NOW + index * SECOND, NOW + index * SECOND))
}

test.each([
  ['a value that somebody hands in', 'api-3', [1, 1, 0, 1], ['press', 'press', 'release', 'press']],
  ['1 to just below 2', 'api-3', [1.9, 2, 0.9, 1], ['press', 'release', 'release', 'press']],
  [
    'the changes of a sampled button',
    'lab-1',
    [0, 1, 1, 0, 0, 1],
    [undefined, 'press', undefined, 'release', undefined, 'press'],
  ],
  ['not a sampled button that is on from the start', 'lab-1', [1, 1], [undefined, undefined]],
])('takes %s as a move', (_, source, values, moves) => {
  expect(movesOf(source, values)).toEqual(moves)
})

test('hears a reading once, however often it comes', () => {
  const button = new Button()
  const press = () => button.hear('api-0', 1, NOW, NOW)
  expect([press(), press()]).toEqual(['press', undefined])
  expect(button.hear('api-0', 0, NOW + 1, NOW)).toBe('release')
  expect(button.hear('api-0', 0, NOW + 1, NOW)).toBeUndefined()
  expect(press()).toBeUndefined()
})

test.each([
  ['old', -11],
  ['from the future', 11],
])('passes over a press that is %s', (_, seconds) => {
  expect(new Button().hear('api-0', 1, NOW + seconds * SECOND, NOW)).toBeUndefined()
})

test('takes presses up to a reset back, and hears later ones', () => {
  const button = new Button()
  button.hear('api-0', 1, NOW + SECOND, NOW)
  const resetOn = button.reset(NOW)
  expect(resetOn).toBe(NOW + SECOND + 1)
  expect(button.hear('api-1', 1, resetOn, NOW)).toBeUndefined()
  expect(button.hear('api-1', 1, resetOn + 1, NOW)).toBe('press')
})

test('resets later each time, unless the clock was far ahead', () => {
  const button = new Button()
  const first = button.reset(NOW)
  expect(button.reset(NOW - SECOND)).toBe(first + 1)
  expect(button.reset(NOW - 100 * SECOND)).toBe(NOW - 100 * SECOND)
})
