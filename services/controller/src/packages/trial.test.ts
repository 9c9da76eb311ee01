import { expect, test } from 'vitest'
import { Trial } from './trial.ts'

test('a version passes when all instances that ran before have started on it', () => {
  const trial = new Trial(['a', 'b'])
  expect(trial.note('a', undefined)).toBe('open')
  expect(trial.note('a', undefined)).toBe('open')
  expect(trial.note('new', undefined)).toBe('open')
  expect(trial.note('b', undefined)).toBe('passed')
})

test('a version fails when one of them fails to start twice, not when two do once', () => {
  const trial = new Trial(['a', 'b'])
  expect(trial.note('new', 'ended')).toBe('open')
  expect(trial.note('new', 'ended')).toBe('open')
  expect(trial.note('a', 'ended')).toBe('open')
  expect(trial.note('b', 'ended')).toBe('open')
  expect(trial.note('a', 'ended')).toBe('failed')
})

test('when nobody knows any more which ran before, the first that starts speaks for all', () => {
  expect(new Trial(undefined).note('any', undefined)).toBe('passed')
})
