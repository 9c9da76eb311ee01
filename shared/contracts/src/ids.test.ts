import { expect, test } from 'vitest'
import { idOfBytes, newId } from './ids.ts'

test('makes typed ids that differ', () => {
  const ids = new Set(Array.from({ length: 1000 }, () => newId('evt')))
  expect(ids.size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^evt_[0-9a-hjkmnp-tv-z]{12}$/)
})

test('makes the same id of the same bytes', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, n) => n)
  expect(idOfBytes('cmd', bytes)).toBe('cmd_0123456789ab')
  expect(() => idOfBytes('cmd', bytes.subarray(0, 11))).toThrow(RangeError)
})
