import { type EventId, type Frame, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startSite } from '../ingest-site.fixture.ts'
import { DAY, HOUR, isHealed, wrongAnywhere, wrongRead } from './rollups.fixture.ts'

/** Moments within three days that lie in few minutes, hours and days, so that they often meet. */
const moments = fc
  .tuple(fc.nat(2), fc.constantFrom(0, 1, 11, 23), fc.constantFrom(0, 9, 10, 59), fc.nat(5))
  .map(([days, hours, minutes, n]) => days * DAY + hours * HOUR + minutes * 60_000_000 + n * 9_999_999)
const readings = fc.array(fc.tuple(moments, fc.nat(2), fc.integer({ min: -100, max: 100 })), {
  minLength: 1,
  maxLength: 12,
})
/** What is published together, and whether it then comes a second time. */
const batches = fc.array(fc.record({ readings, again: fc.boolean(), waits: fc.boolean() }), {
  minLength: 1,
  maxLength: 5,
})

test('rollups of every level equal a recomputation, whatever comes late, twice or in between', {
  timeout: 120_000,
}, async () => {
  await using site = await startSite()
  const events = (await site.addEvents(3)) as [EventId, EventId, EventId]
  const writers = { BATCH_MAX_ROWS: '7', BATCH_MAX_AGE_MS: '5' }
  await Promise.all([site.startWriter(writers), site.startWriter(writers)])
  const closed = Math.floor((nowMicros() - 360_000_000) / HOUR) * HOUR
  const start: Micros = Math.floor(closed / DAY) * DAY - 3 * DAY
  const end = start + 3 * DAY
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      for (const { readings, again, waits } of all) {
        const frames = readings.map(
          ([at, event, value]): Frame =>
            aFrame({ time: formatTime(start + at), values: valuesOf([[events[event] as EventId, value]]) }),
        )
        await site.publish(frames)
        if (again) await site.publish(frames)
        if (waits) await site.untilAcked()
        if (waits) expect(await wrongRead(site, 86_400, start, end)).toEqual([])
      }
      await site.untilAcked()
      expect(await wrongRead(site, 3600, start, end)).toEqual([])
      site.bus.nc.publish(site.bus.names.subjects.historian('work'))
      await until('all is made', () => isHealed(site, closed), { timeoutMs: 20_000 })
      expect(await wrongAnywhere(site, start, end)).toEqual([])
    }),
    { numRuns: 25, endOnFailure: true },
  )
  expect(await site.countRows()).toBeGreaterThan(50)
})
