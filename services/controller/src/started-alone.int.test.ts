import { startTcpProxy, until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { FolderInUseError } from './folder-lock.ts'
import { startSite } from './testing/site.ts'

const QUIET = { environment: { LOG_LEVEL: 'fatal' } }

test('started without a broker, does what was wanted last, and tells all of it when the broker comes', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  const bench = await site.want()
  const first = await site.startController({ NATS_URL: proxy.url })
  await site.untilCounted(bench, 3)
  await first.stop()
  const before = site.received.length
  proxy.refuse()

  const second = await site.startController({ NATS_URL: proxy.url })
  const ops = async (path: string) => (await fetch(`http://127.0.0.1:${second.ports.ops}/${path}`)).status
  await until('frames wait', () => second.outbox.level().unsent >= 10)
  expect([await ops('health'), await ops('ready')]).toEqual([200, 503])
  expect(site.received).toHaveLength(before)

  proxy.resume()
  await until('it is ready', async () => (await ops('ready')) === 200)
  await until('nothing waits', () => second.outbox.level().unsent === 0)
  const counted = site.valuesOf(bench, 'counter').slice(3)
  expect(counted).toContain(1)
  await until('its status is told', async () => (await site.reported(bench))?.status === 'connected')
  const later = await site.want({ name: 'Later' })
  await site.untilCounted(later, 3)
})

test('lets the broker win, also in what was removed and changed meanwhile', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  const [removed, changed] = [await site.want(), await site.want({ name: 'Changed' })]
  const first = await site.startController({ NATS_URL: proxy.url })
  await site.untilCounted(removed, 3)
  await site.untilCounted(changed, 3)
  await first.stop()
  proxy.refuse()
  const second = await site.startController({ NATS_URL: proxy.url })
  expect(second.pluginPids().size).toBe(2)
  await site.unwant(removed)
  await site.want({ ...changed, enabled: false })
  proxy.resume()
  await until('both are ended', () => second.pluginPids().size === 0)
  await until('what is gone is forgotten', async () => (await site.reported(removed)) === undefined)
  await second.stop()

  proxy.refuse()
  const third = await site.startController({ NATS_URL: proxy.url })
  expect(third.pluginPids().size).toBe(0)
})

test('starts without broker and memory as well, and begins when the broker says what is wanted', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  proxy.refuse()
  const bench = await site.want()
  const controller = await site.startController({ NATS_URL: proxy.url })
  expect(controller.pluginPids().size).toBe(0)
  proxy.resume()
  await site.untilCounted(bench, 3)
  expect((await site.inventory())?.plugins).toHaveLength(1)
})

test('can be stopped while it was never connected', async () => {
  await using site = await startSite(QUIET)
  await using proxy = await startTcpProxy(site.brokerUrl)
  proxy.refuse()
  const controller = await site.startController({ NATS_URL: proxy.url })
  await controller.stop()
})

test('does not start beside another one of its name on its folder', async () => {
  await using site = await startSite(QUIET)
  const first = await site.startController()
  await expect(site.startController()).rejects.toThrow(FolderInUseError)
  await first.stop()
  await site.startController()
})
