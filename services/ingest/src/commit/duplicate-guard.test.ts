import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DuplicateGuard } from './duplicate-guard.ts'

test('finds exactly the readings whose event and moment came before', () => {
  const readings = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 10 })), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(readings, (all) => {
      const guard = new DuplicateGuard()
      const seen = new Set<string>()
      for (const [event, time] of all) {
        const key = `${event}:${time}`
        expect(guard.isDuplicate(event, time)).toBe(seen.has(key))
        seen.add(key)
      }
    }),
  )
})
