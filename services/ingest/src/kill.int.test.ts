import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { formatTime, nowMicros } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { type Site, startSite } from './ingest-site.fixture.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const FRAMES = 6000
const EVENTS = 20

async function startProcess(site: Site): Promise<ChildProcess> {
  const child = fork(MAIN, { env: { ...process.env, ...site.environment, BATCH_MAX_ROWS: '2000' }, stdio: 'inherit' })
  await once(child, 'message') // ready
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, 'exit')
  child.kill(signal)
  const [code] = await exited
  return code
}

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
    const child = await startProcess(site)
    await until(`${share} of the rows are stored`, async () => (await site.countRows()) > share * FRAMES * EVENTS, {
      timeoutMs: 30_000,
    })
    await end(child, 'SIGKILL')
  }
  const last = await startProcess(site)
  await publishing
  await site.untilAcked(30_000)
  expect(await site.countRows()).toBe(FRAMES * EVENTS)
  expect(await site.wrongRollups()).toEqual([])
  const { committed } = await site.db.selectFrom('reading_sources').select('committed').executeTakeFirstOrThrow()
  expect(committed).toBe(`{[1,${FRAMES + 1})}`)
  expect(await end(last, 'SIGTERM')).toBe(0)
})
