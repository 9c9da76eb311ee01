import { FakeClock } from '@webmacs/plugin-sdk/testing'
import { expect, test } from 'vitest'
import { slowly } from './slowly.ts'

test('repeats the answer until its interval has passed', async () => {
  const clock = new FakeClock()
  let asked = 0
  const read = slowly(() => Promise.resolve(++asked), 5000, clock)
  expect([await read(), await read()]).toEqual([1, 1])
  clock.advance(4999)
  expect(await read()).toBe(1)
  clock.advance(1)
  expect(await read()).toBe(2)
})
