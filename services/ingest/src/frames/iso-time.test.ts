import { formatTime, parseTime } from '@webmacs/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTimeParser } from './iso-time.ts'

test('reads every moment as the contract does', () => {
  const parse = createTimeParser()
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e15 }), (time) => {
      expect(parse(formatTime(time))).toBe(time)
    }),
  )
})

test('gives what the contract gives for texts that are no moments, whatever was read before', () => {
  const good = '2026-11-23T16:00:00.123456Z'
  const texts = [
    ...['', 'Z', 'now', '2026-11-23', '2026-11-23T16:00:00', '2026-11-23T16:00:00+00:00', '2026-02-30T00:00:00Z'],
    ...[
      '2026-11-23T16:00:00.Z',
      '2026-11-23T16:00:00.1234567Z',
      '2026-11-23T16:00:00.12x456Z',
      '2026-11-23T16:00:00,5Z',
    ],
    ...['2026-11-23T16:00:00.5Z', '2026-11-23T16:00:00ZZ', '2026-11-23T25:00:00Z', '2026-11-23T16:00:0', good],
  ]
  const warm = createTimeParser()
  warm(good)
  for (const text of texts) {
    expect([text, warm(text)]).toEqual([text, parseTime(text)])
    expect([text, createTimeParser()(text)]).toEqual([text, parseTime(text)])
  }
})
