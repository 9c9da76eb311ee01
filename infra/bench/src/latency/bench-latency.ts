import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTokenKey, signToken } from '@webmacs/auth'
import { type Frame, newId, nowMicros, parseTime, STREAM_PATH, type StreamMessage } from '@webmacs/contracts'
import { WebSocket } from 'ws'
import { describeRun } from '../machine.ts'
import { report } from '../report.ts'
import { type BenchSite, startProcess, startProgram, startSite } from '../site.ts'
import { percentile } from './percentiles.ts'
import { opened, runSignals, SIGNALS } from './signal-source.ts'

const DURATION_MS = 15_000
const WARM_UP_MS = 2000
const SETTLE_MS = 1000

/** Moments of the readings in one message. */
type TimesOf = (text: string) => string[]

/** From the sample to the WebSocket message at the client, beside a relay that does nothing. */
export async function benchLatency(): Promise<void> {
  await using site = await startSite()
  const rows: string[][] = []
  {
    const relay = fileURLToPath(new URL('./bare-relay.ts', import.meta.url))
    await using process = await startProgram(relay, [site.natsUrl])
    rows.push(await measure(site, 'bare NATS → bare WebSocket', `ws://127.0.0.1:${process.ports.http}`, timesOfFrame))
  }
  {
    const secret = randomBytes(32).toString('hex')
    await using process = await startProcess('fanout', { NATS_URL: site.natsUrl, SECRET_KEY: secret, PORT: '0' })
    const { token } = await signToken(createTokenKey(secret), {
      user: newId('usr'),
      role: 'viewer',
      version: 1,
      lifetimeMinutes: 10,
    })
    const url = `ws://127.0.0.1:${process.ports.http}${STREAM_PATH}?token=${token}`
    rows.push(await measure(site, 'fanout', url, timesOfBatch))
  }
  const { database } = await site.createDatabase('versions')
  await report({
    name: 'latency',
    title: 'latency',
    run: await describeRun(site.bus, database),
    columns: ['through', 'p50, ms', 'p99, ms', 'worst, ms', 'readings received', 'of sent'],
    rows,
    notes: `From the sample (the frame's time) to the WebSocket message in the client, ${SIGNALS} signals at 2 Hz in frames of 50, spread evenly;
publisher, nats-server, the process between and the client share the cores.`,
  })
}

async function measure(site: BenchSite, name: string, url: string, timesOf: TimesOf): Promise<string[]> {
  const samples: number[] = []
  const socket = new WebSocket(url)
  let isCounting = false
  socket.on('message', (data) => {
    const arrivedAt = nowMicros()
    if (isCounting) for (const time of timesOf(String(data))) samples.push((arrivedAt - (parseTime(time) ?? 0)) / 1000)
  })
  await opened(socket)
  const events = Array.from({ length: SIGNALS }, () => newId('evt'))
  await runSignals(site.bus, events, WARM_UP_MS)
  await delay(SETTLE_MS)
  isCounting = true
  const sent = await runSignals(site.bus, events, DURATION_MS)
  await delay(SETTLE_MS)
  socket.close()
  const milliseconds = [percentile(samples, 0.5), percentile(samples, 0.99), percentile(samples, 1)]
  return [name, ...milliseconds.map((value) => value.toFixed(1)), String(samples.length), String(sent)]
}

const timesOfFrame: TimesOf = (text) => {
  const { time, values }: Frame = JSON.parse(text)
  return Object.keys(values).map(() => time)
}

const timesOfBatch: TimesOf = (text) => {
  const message: StreamMessage = JSON.parse(text)
  return message.type === 'datapoints_batch' ? message.datapoints.map(({ timestamp }) => timestamp) : []
}
