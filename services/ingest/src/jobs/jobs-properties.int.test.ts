import { request } from '@webmacs/bus'
import { DeletedDatapoints, type EventId, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { ROLLUP_LEVELS } from '@webmacs/database'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'
import { DAY, isHealed, wrongAnywhere, wrongRead } from '../maintenance/rollups.fixture.ts'
import { endedJob, makeJob } from './jobs.fixture.ts'

let site: Site
beforeAll(async () => {
  site = await startSite()
  const writer = { BATCH_MAX_ROWS: '20', BATCH_MAX_AGE_MS: '5' }
  await Promise.all([site.startWriter(writer), site.startWriter(writer)])
})
afterAll(() => site[Symbol.asyncDispose]())

/** Whole days, so that every level can be compared; they are over, so everything comes late. */
const FROM: Micros = Math.floor(nowMicros() / DAY) * DAY - 3 * DAY
const TO: Micros = FROM + 2 * DAY
const EVENTS = 3
/** Few moments, close together and hours apart, so that what is done meets in the same minutes. */
const moment = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 }))
  .map(([hour, minute, second]) => FROM + (hour * 3600 + minute * 60 + second * 11) * 1_000_000)
const event = fc.integer({ min: 0, max: EVENTS - 1 })
const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -50, max: 50 }) },
  { weight: 1, arbitrary: fc.constant(null) },
)
const range = fc
  .tuple(moment, moment, fc.integer({ min: 0, max: 60_000_000 }))
  .map(([one, other, more]) => ({ from: Math.min(one, other), to: Math.max(one, other) + 1 + more }))
const some = fc.option(fc.uniqueArray(event, { minLength: 1 }), { nil: null })

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      readings: fc.array(fc.record({ event, time: moment, value }), { minLength: 1, maxLength: 40 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete one' as const), event, time: moment }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), events: some, range }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repair' as const), events: some, range }) },
)
type Step = typeof step extends fc.Arbitrary<infer Kind> ? Kind : never

interface Events {
  readonly ids: readonly EventId[]
  readonly keys: readonly number[]
}

async function someEvents(): Promise<Events> {
  const ids = await site.addEvents(EVENTS)
  const rows = await site.db.selectFrom('events').select('id').where('public_id', 'in', ids).orderBy('id').execute()
  return { ids, keys: rows.map(({ id }) => id) }
}

async function carryOut(step: Step, { ids, keys }: Events): Promise<void> {
  const idOf = (index: number): EventId => ids[index] as EventId // as many as there are indices
  switch (step.kind) {
    case 'store': {
      const frames = step.readings.map(({ event: index, time, value: reading }) =>
        aFrame({
          time: formatTime(time),
          values: valuesOf([[idOf(index), reading]]),
          ...(reading === null && { quality: { [idOf(index)]: ['bad'] } }),
        }),
      )
      // Sent twice, as a source does that was not told that its message came.
      await Promise.all([site.publish(frames), site.publish(frames)])
      return
    }
    case 'delete one': {
      const asked = { event: idOf(step.event), time: formatTime(step.time) }
      await request(site.bus, site.bus.names.subjects.historian('delete'), asked, DeletedDatapoints, {
        timeoutMs: 20_000,
      })
      return
    }
    case 'delete':
    case 'repair': {
      // Only this run's events: others' are compared with what they were left with.
      const events = step.events === null ? keys : step.events.map((index) => keys[index] as number)
      const job = await makeJob(site, { kind: step.kind, events, ...step.range })
      expect(await endedJob(site.db, job)).toMatchObject({ state: 'done' })
    }
  }
}

test('rollups equal a recomputation from what is stored, whatever is stored, deleted and repaired at the same time', {
  timeout: 180_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      async (rounds) => {
        const events = await someEvents()
        for (const steps of rounds) {
          await Promise.all(steps.map((step) => carryOut(step, events)))
          await site.untilAcked(20_000)
          expect(await site.wrongRollups()).toEqual([])
          for (const level of ROLLUP_LEVELS) expect(await wrongRead(site, level, FROM, TO)).toEqual([])
        }
      },
    ),
    { numRuns: 15, endOnFailure: true, interruptAfterTimeLimit: 120_000 },
  )
  expect(await site.countRows()).toBeGreaterThan(0)
  await until('all hours are made anew', () => isHealed(site, TO), { timeoutMs: 30_000 })
  expect(await wrongAnywhere(site, FROM, TO)).toEqual([])
})

test('deletes exactly what lies in the range, and says how many', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.record({ event, time: moment, value }), {
        minLength: 1,
        maxLength: 120,
        selector: ({ event: index, time }) => `${index} ${time}`,
      }),
      range,
      some,
      async (readings, { from, to }, chosen) => {
        const events = await someEvents()
        await carryOut({ kind: 'store', readings }, events)
        await site.untilAcked(20_000)
        const selected = chosen ?? events.keys.map((_, index) => index)
        const isDeleted = (reading: (typeof readings)[number]): boolean =>
          selected.includes(reading.event) && reading.time >= from && reading.time < to
        const keys = selected.map((index) => events.keys[index] as number)
        const job = await endedJob(site.db, await makeJob(site, { kind: 'delete', events: keys, from, to }))
        const shown = readings.filter((reading) => isDeleted(reading) && reading.value !== null)
        expect(job).toMatchObject({ state: 'done', done: shown.length })
        for (const [index, id] of events.ids.entries()) {
          const left = readings.filter((reading) => reading.event === index && !isDeleted(reading))
          const times = left.map(({ time }) => time).toSorted((one, other) => one - other)
          expect((await site.rowsOf(id)).map(({ time }) => time)).toEqual(times)
        }
      },
    ),
    { numRuns: 15, endOnFailure: true, interruptAfterTimeLimit: 80_000 },
  )
})
