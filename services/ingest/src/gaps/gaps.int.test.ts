import { NoReplyError, request } from '@webmacs/bus'
import { GapRecorded, type ReportGap, Watermark } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'

let site: Site
beforeAll(async () => {
  site = await startSite()
  await site.startWriter()
})
afterAll(() => site[Symbol.asyncDispose]())

const aGap = (overrides: Partial<ReportGap>): ReportGap => ({
  source: 'lab-1',
  reason: 'overflow',
  from: '2026-11-23T16:00:00.000001Z',
  to: '2026-11-23T16:10:00Z',
  instance: null,
  events: [],
  epoch: null,
  first_seq: null,
  last_seq: null,
  ...overrides,
})

/** Asks until the writer answers: it may still be subscribing. */
async function tell(gap: ReportGap): Promise<void> {
  const subject = site.bus.names.subjects.historian('gap')
  await until('the gap is recorded', async () => {
    try {
      return await request(site.bus, subject, gap, GapRecorded, { timeoutMs: 5000 })
    } catch (err) {
      if (err instanceof NoReplyError) return undefined
      throw err
    }
  })
}

const gapsOf = (epoch: string) =>
  site.db.selectFrom('reading_gaps').selectAll().where('epoch', '=', epoch).orderBy('id').execute()

const watermarkOf = (epoch: string): Promise<Watermark> =>
  request(site.bus, site.bus.names.subjects.historian('watermark'), { source: 'lab-1', epoch }, Watermark, {
    timeoutMs: 5000,
  })

test('writes a gap down once, however often it is told, and lets the watermark pass it', async () => {
  const [event] = (await site.addEvents(1)) as [never]
  await site.publish([1, 5].map((seq) => aFrame({ epoch: 'e1', seq, values: valuesOf([[event, seq]]) })))
  await site.untilAcked()
  const gap = aGap({ epoch: 'e1', first_seq: 2, last_seq: 4, events: [event] })
  await tell(gap)
  await tell(gap)
  expect(await gapsOf('e1')).toMatchObject([
    { source: 'lab-1', reason: 'overflow', event_public_ids: [event], first_seq: 2, last_seq: 4 },
  ])
  expect(await watermarkOf('e1')).toMatchObject({ watermark: 5, ranges: [{ first: 1, last: 5 }] })
  await until('the source hears of it', () => site.watermarks().some(({ watermark }) => watermark === 5))
})

test('lets the numbers of a gap count before the source committed anything', async () => {
  await tell(aGap({ epoch: 'e2', first_seq: 1, last_seq: 10 }))
  expect(await watermarkOf('e2')).toMatchObject({ watermark: 10 })
})

test('passes over a frame that turns up after it was given up', async () => {
  const [event] = (await site.addEvents(1)) as [never]
  await tell(aGap({ epoch: 'e3', first_seq: 1, last_seq: 1 }))
  await site.publish(aFrame({ epoch: 'e3', seq: 1, values: valuesOf([[event, 1]]) }))
  await site.untilAcked()
  expect(await site.rowsOf(event)).toEqual([])
})

test('writes nothing down of frames that are all there', async () => {
  const [event] = (await site.addEvents(1)) as [never]
  await site.publish([1, 2].map((seq) => aFrame({ epoch: 'e4', seq, values: valuesOf([[event, seq]]) })))
  await site.untilAcked()
  await tell(aGap({ epoch: 'e4', first_seq: 1, last_seq: 2 }))
  expect(await gapsOf('e4')).toEqual([])
})

test('keeps gaps without numbers, of one instance each', async () => {
  const instances = ['plg_7k2m9q4tx3ab', 'plg_7k2m9q4tx3ac'] as const
  for (const instance of [...instances, instances[0]])
    await tell(aGap({ reason: 'controller_down', instance: instance as NonNullable<ReportGap['instance']> }))
  const rows = await site.db.selectFrom('reading_gaps').selectAll().where('reason', '=', 'controller_down').execute()
  expect(rows.map(({ instance_public_id }) => instance_public_id)).toEqual(instances)
})
