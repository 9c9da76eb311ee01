import { respond } from '@webmacs/bus'
import { formatTime, nowMicros } from '@webmacs/contracts'
import { startTcpProxy, until } from '@webmacs/testing'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { startRig } from '../testing/rig.ts'

test('holds outputs while the broker is away for less than their grace time', async () => {
  await using rig = await startRig({ policies: { valve: { grace_ms: 60_000 } } })
  await using proxy = await startTcpProxy(rig.site.brokerUrl)
  const controller = await rig.site.startController({ NATS_URL: proxy.url })
  await rig.untilConnected()
  await rig.set('valve', 40)
  proxy.refuse()
  await until('frames wait', () => controller.outbox.level().unsent >= 5)
  proxy.resume()
  await until('it takes commands again', async () => (await rig.set('blind', 1)).written === 1)
  expect(await rig.record()).toEqual(['connected', 'valve=5', 'valve=40', 'blind=1'])
  await controller.stop()
})

test('makes outputs safe once the broker is away for longer, within a second, and brings nothing back', async () => {
  await using rig = await startRig({
    policies: { valve: { grace_ms: 1500 }, blind: { safe_value: 7, on_contact_loss: 'hold' } },
  })
  await using proxy = await startTcpProxy(rig.site.brokerUrl)
  const controller = await rig.site.startController({ NATS_URL: proxy.url })
  await rig.untilConnected()
  await rig.set('valve', 40)
  await rig.set('blind', 9)
  proxy.refuse()
  await until('the valve is safe', async () => (await rig.record()).at(-1) === 'valve=5')
  proxy.resume()
  const safe = await until('it is told', () => rig.told.find(({ requested_by }) => requested_by.kind === 'safe_state'))
  expect(safe).toMatchObject({ channel: 'valve', previous: 40, written: 5 })
  const heldFor = Number(/^no contact to the server for (\S+) s$/.exec(safe.reason ?? '')?.[1])
  expect(heldFor).toBeGreaterThanOrEqual(1.5)
  expect(heldFor).toBeLessThan(2.5)
  await until('it takes commands again', async () => (await rig.set('slow', 1)).written === 1)
  const lines = (await rig.record()).filter((line) => !line.startsWith('slow'))
  expect(lines).toEqual(['connected', 'valve=5', 'blind=7', 'valve=40', 'blind=9', 'valve=5'])
  await controller.stop()
})

test("measures how far its clock is from the server's, marks what it reads and judges commands by it", async () => {
  await using rig = await startRig()
  const { bus } = rig.site
  const ahead = 20_000_000
  respond(bus, bus.names.subjects.time, Type.Object({}), () => ({ time: formatTime(nowMicros() + ahead) }))
  const controller = await rig.site.startController()
  await rig.untilConnected()
  const skew = async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${controller.ports.ops}/metrics`)).text()
    return Number(/controller_clock_skew_seconds\{.*\} (\S+)/.exec(metrics)?.[1])
  }
  await until('it is measured', async () => Math.abs((await skew()) - 20) < 0.5)
  await until('readings are marked', () =>
    rig.site.received.some(({ frame }) => JSON.stringify(frame.quality ?? {}).includes('time_uncertain')),
  )
  expect(await rig.set('valve', 40)).toMatchObject({ state: 'expired' })
  expect(await rig.set('valve', 40, { expires_at: formatTime(nowMicros() + ahead + 10_000_000) })).toMatchObject({
    state: 'confirmed',
  })
})
