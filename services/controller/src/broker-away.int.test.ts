import { provision, respond } from '@webmacs/bus'
import { ReportGap, type Watermark, WatermarkRequest } from '@webmacs/contracts'
import { startTcpProxy, until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { type Site, startSite } from './testing/site.ts'

const QUIET = { environment: { LOG_LEVEL: 'fatal' } }

const seqsOf = (site: Site, lane?: 'live' | 'backlog') =>
  site.received.filter((one) => lane === undefined || one.lane === lane).map(({ frame }) => frame.seq)

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

/** Says what ingest would say, and answers when it is asked. */
function historian(site: Site) {
  const dealtWith: Watermark = { source: 'lab-1', epoch: '', watermark: 0, ranges: [] }
  respond(site.bus, site.bus.names.subjects.historian('watermark'), WatermarkRequest, ({ source, epoch }) =>
    epoch === dealtWith.epoch ? dealtWith : { source, epoch, watermark: 0, ranges: [] },
  )
  return {
    /** @param publish false: only whoever asks is told */
    commit: (watermark: number, { publish = true } = {}) => {
      Object.assign(dealtWith, { epoch: site.received[0]?.frame.epoch, watermark })
      if (publish) site.bus.nc.publish(site.bus.names.subjects.watermarks('lab-1'), JSON.stringify(dealtWith))
    },
  }
}

test('goes on sampling without a broker and delivers every frame when it is back', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  const bench = await site.want()
  const controller = await site.startController({ NATS_URL: proxy.url })
  await site.untilCounted(bench, 5)
  proxy.refuse()
  await until('a few seconds of frames wait', () => controller.outbox.level().unsent >= 30)
  proxy.resume()
  await until('nothing waits', () => controller.outbox.level().unsent === 0)
  await site.untilCounted(bench, 5)
  const counted = site.valuesOf(bench, 'counter')
  expect([...new Set(counted)].sort((a, b) => Number(a) - Number(b))).toEqual(upTo(Math.max(...counted.map(Number))))
  expect([...new Set(seqsOf(site))].sort((a, b) => a - b)).toEqual(upTo(Math.max(...seqsOf(site))))
  await controller.stop()
})

test('sends again what was on its way when the connection hung', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  const bench = await site.want()
  const controller = await site.startController({ NATS_URL: proxy.url })
  await site.untilCounted(bench, 3)
  proxy.hold()
  await until('frames wait', () => controller.outbox.level().unsent >= 10)
  proxy.cut()
  proxy.resume()
  await site.untilCounted(bench, 20)
  await until('nothing waits', () => controller.outbox.level().unsent === 0)
  expect([...new Set(seqsOf(site))].sort((a, b) => a - b)).toEqual(upTo(Math.max(...seqsOf(site))))
  await controller.stop()
})

test('sends what is young first and the rest as backlog', async () => {
  await using site = await startSite({ environment: { ...QUIET.environment, OUTBOX_LIVE_AGE_MS: '1000' } })
  await using proxy = await startTcpProxy(site.brokerUrl)
  const bench = await site.want()
  const controller = await site.startController({ NATS_URL: proxy.url })
  await site.untilCounted(bench, 3)
  proxy.refuse()
  await until('three seconds of frames wait', () => controller.outbox.level().unsent >= 30)
  proxy.resume()
  await until('nothing waits', () => controller.outbox.level().unsent === 0)
  const backlog = seqsOf(site, 'backlog')
  expect(backlog.length).toBeGreaterThan(10)
  expect(backlog).toEqual([...backlog].sort((a, b) => a - b))
  const order = seqsOf(site)
  const firstLate = order.indexOf(Math.min(...backlog))
  expect(Math.max(...order.slice(0, firstLate))).toBeGreaterThan(Math.max(...backlog))
  await controller.stop()
})

test('keeps a frame until the historian has dealt with it, whether it says so or is asked', async () => {
  await using site = await startSite(QUIET)
  const bench = await site.want()
  const controller = await site.startController()
  const { commit } = historian(site)
  await site.untilCounted(bench, 10)
  expect(controller.outbox.level()).toMatchObject({ unsent: 0 })
  expect(controller.outbox.level().frames).toBeGreaterThanOrEqual(10)
  await site.unwant(bench)
  await until('it is stopped', () => controller.pluginPids().size === 0)
  await until('its end is told', () => site.endsOf(bench).length === 1)
  const all = Math.max(...seqsOf(site))
  commit(all - 3)
  await until('three are left', () => controller.outbox.level().frames === 3)
  commit(all, { publish: false })
  await until('none is left', () => controller.outbox.level().frames === 0)
})

test("does not believe another source's watermark, whatever subject it comes on", async () => {
  await using site = await startSite(QUIET)
  const bench = await site.want()
  const controller = await site.startController()
  await site.untilCounted(bench, 5)
  const epoch = site.received[0]?.frame.epoch
  const subject = site.bus.names.subjects.watermarks('lab-1')
  const tell = (source: string, watermark: number): void =>
    site.bus.nc.publish(subject, JSON.stringify({ source, epoch, watermark, ranges: [] }))
  tell('lab-2', 5)
  tell('lab-1', 1)
  await until('the right one is heard', () => controller.outbox.level().frames < seqsOf(site).length)
  expect(controller.outbox.level().frames).toBeGreaterThanOrEqual(4)
})

test('sends everything again that is not dealt with when the broker has lost its stream', async () => {
  await using site = await startSite(QUIET)
  const bench = await site.want()
  const controller = await site.startController()
  const { commit } = historian(site)
  await site.untilCounted(bench, 10)
  commit(5)
  await until('five are dealt with', () => controller.outbox.level().frames < seqsOf(site).length)
  const { readings } = site.bus.names.streams
  const { config } = await site.bus.jsm.streams.info(readings)
  await site.bus.jsm.streams.delete(readings)
  await site.bus.jsm.streams.add(config)
  const before = seqsOf(site).length
  await until('they come again', () => [6, 7, 8, 9, 10].every((seq) => seqsOf(site).slice(before).includes(seq)))
  expect(seqsOf(site).slice(before)).not.toContain(5)
  await until('the new stream has them', async () => (await site.bus.jsm.streams.info(readings)).state.messages > 0)
})

test('sends again after a reconnect what is not dealt with, for a broker may have lost the end of its stream', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  const bench = await site.want()
  const controller = await site.startController({ NATS_URL: proxy.url })
  const { commit } = historian(site)
  await site.untilCounted(bench, 10)
  commit(5)
  await until('five are dealt with', () => controller.outbox.level().frames < seqsOf(site).length)
  const before = seqsOf(site).length
  proxy.cut()
  await until('they come again', () => [6, 7, 8, 9, 10].every((seq) => seqsOf(site).slice(before).includes(seq)))
  expect(seqsOf(site).slice(before)).not.toContain(5)
  await controller.stop()
})

test('sends frames again that the stream pushed out, once the historian reads again', async () => {
  await using site = await startSite(QUIET)
  const bench = await site.want()
  const controller = await site.startController()
  await site.untilCounted(bench, 10)
  await site.unwant(bench)
  await until('it is stopped', () => controller.pluginPids().size === 0)
  await until('its end is told', () => site.endsOf(bench).length === 1)
  await until('all is sent', () => controller.outbox.level().unsent === 0)
  const sent = seqsOf(site)
  await site.bus.jsm.streams.purge(site.bus.names.streams.readings)
  const { commit } = historian(site)
  commit(0)
  await until('they come again', () => seqsOf(site, 'backlog').length >= sent.length)
  expect(seqsOf(site, 'backlog').sort((a, b) => a - b)).toEqual(sent)
})

test('lets the oldest frames go when the outbox is full, counts them, and tells the historian which', async () => {
  await using site = await startSite({ environment: { ...QUIET.environment, OUTBOX_MAX_BYTES: '65536' } })
  await using proxy = await startTcpProxy(site.brokerUrl)
  const told: ReportGap[] = []
  respond(site.bus, site.bus.names.subjects.historian('gap'), ReportGap, (gap) => {
    told.push(gap)
    return { recorded: true }
  })
  const bench = await site.want({ interval_ms: 10 })
  const controller = await site.startController({ NATS_URL: proxy.url })
  await site.untilCounted(bench, 3)
  proxy.refuse()
  const metrics = async () => (await fetch(`http://127.0.0.1:${controller.ports.ops}/metrics`)).text()
  const lost = async () => Number(/frames_dropped_total\{state="unsent".*\} (\d+)/.exec(await metrics())?.[1])
  await until('frames are lost', async () => (await lost()) >= 10, { timeoutMs: 25_000 })
  proxy.resume()
  await until('nothing waits', () => controller.outbox.level().unsent === 0)
  await until('all gaps are told', () => controller.outbox.gaps.size === 0)
  const missing = told.filter(({ reason }) => reason === 'overflow')
  expect(missing.reduce((sum, { first_seq, last_seq }) => sum + Number(last_seq) - Number(first_seq) + 1, 0)).toBe(
    await lost(),
  )
  const seqs = new Set(seqsOf(site))
  for (const { first_seq, last_seq } of missing)
    for (let seq = Number(first_seq); seq <= Number(last_seq); seq++) expect(seqs.has(seq)).toBe(false)
  await controller.stop()
})

test('tells its status once the broker is back', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  const bench = await site.want({ config: { fault: 'throw', after: 20 } })
  const controller = await site.startController({ NATS_URL: proxy.url })
  await until('it is connected', async () => (await site.reported(bench))?.status === 'connected')
  proxy.refuse()
  await until('the fault happened meanwhile', () => controller.outbox.level().unsent >= 30)
  proxy.resume()
  await until('the fault is reported', async () => (await site.reported(bench))?.status === 'error')
  await controller.stop()
})

test('tells its inventory once a broker that lost its buckets has them again', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  const controller = await site.startController({ NATS_URL: proxy.url })
  await until('it is told', site.inventory)
  const bucket = site.bus.names.buckets.controllers
  await site.bus.jsm.streams.delete(`KV_${bucket}`)
  let attempts = 0
  site.bus.nc.subscribe(`$KV.${bucket}.lab-1.inventory`, {
    callback: () => {
      attempts += 1
    },
  })
  await site.bus.nc.flush()
  proxy.cut()
  await until('it is tried in vain', () => attempts > 0)
  await provision(site.bus)
  await until('it is told again', site.inventory)
  await controller.stop()
})

test('starts without streams and publishes once they are there', async () => {
  await using site = await startSite(QUIET)
  const bench = await site.want()
  await site.bus.jsm.streams.delete(site.bus.names.streams.readings)
  const controller = await site.startController()
  await until('frames wait', () => controller.outbox.level().unsent >= 5)
  await provision(site.bus)
  await until('nothing waits', () => controller.outbox.level().unsent === 0)
  expect(site.valuesOf(bench, 'counter')).toContain(1)
})
