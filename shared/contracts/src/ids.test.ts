import { expect, test } from 'vitest'
import { newId } from './ids.ts'

test('makes typed ids that differ', () => {
  const ids = new Set(Array.from({ length: 1000 }, () => newId('evt')))
  expect(ids.size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^evt_[0-9a-hjkmnp-tv-z]{12}$/)
})
