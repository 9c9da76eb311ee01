import { formatTime, nowMicros } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { startProcess } from './ingest-process.fixture.ts'
import { startSite } from './ingest-site.fixture.ts'

const FRAMES = 6000
const EVENTS = 20

test('loses and doubles nothing when its process is killed under load', { timeout: 90_000 }, async () => {
  await using site = await startSite()
  await site.redeliverAfter(2000)
  const events = await site.addEvents(EVENTS)
  const start = nowMicros()
  const publishing = (async () => {
    for (let n = 0; n < FRAMES; n += 1) {
      const values = valuesOf(events.map((event, index) => [event, n + index]))
      await site.publish(aFrame({ source: 'killed', seq: n + 1, time: formatTime(start + n), values }))
    }
  })()
  for (const share of [0.15, 0.3, 0.5]) {
    const child = await startProcess(site, { BATCH_MAX_ROWS: '2000' })
    await until(`${share} of the rows are stored`, async () => (await site.countRows()) > share * FRAMES * EVENTS, {
      timeoutMs: 30_000,
    })
    await child.end('SIGKILL')
  }
  const last = await startProcess(site, { BATCH_MAX_ROWS: '2000' })
  await publishing
  await site.untilAcked(30_000)
  expect(await site.countRows()).toBe(FRAMES * EVENTS)
  expect(await site.wrongRollups()).toEqual([])
  const { committed } = await site.db.selectFrom('reading_sources').select('committed').executeTakeFirstOrThrow()
  expect(committed).toBe(`{[1,${FRAMES + 1})}`)
  expect(await last.end('SIGTERM')).toBe(0)
})
