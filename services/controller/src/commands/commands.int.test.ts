import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { startRig } from '../testing/rig.ts'

const statesOf = (report: { transitions: { state: string }[] } | undefined) =>
  report?.transitions.map(({ state }) => state)

test('answers what the device did: confirmed, mismatch, timeout and unverified', async () => {
  await using rig = await startRig()
  await rig.site.startController()
  await rig.untilConnected()
  const [valve, stuck, silent, blind] = await Promise.all([
    rig.set('valve', 40),
    rig.set('stuck', 40),
    rig.set('silent', 40),
    rig.set('blind', 140),
  ])
  expect(valve).toMatchObject({ state: 'confirmed', previous: 5, written: 40, readback: 40, code: null })
  expect(stuck).toMatchObject({ state: 'mismatch', written: 40, readback: 0, code: 'command.mismatch' })
  expect(silent).toMatchObject({ state: 'timeout', written: 40, readback: null, code: 'command.timeout' })
  expect(blind).toMatchObject({ state: 'unverified', written: 100, clamped: true })
  for (const report of [valve, stuck, silent, blind])
    await until('each is told', () => rig.told.some(({ id, state }) => id === report.id && state === report.state))
})

test('does a command once that comes thrice at once, and once more later', async () => {
  await using rig = await startRig()
  await rig.site.startController()
  await rig.untilConnected()
  const command = rig.command('valve', 40)
  const reports = await Promise.all([rig.send(command), rig.send(command), rig.send(command)])
  expect(await rig.send(command)).toEqual(reports[0])
  expect(reports.map(({ state }) => state)).toEqual(['confirmed', 'confirmed', 'confirmed'])
  expect((await rig.record()).filter((line) => line === 'valve=40')).toHaveLength(1)
})

test('lets one of two wait that come while a write is on its way, and tells both', async () => {
  await using rig = await startRig()
  await rig.site.startController()
  await rig.untilConnected()
  const first = rig.command('slow', 10)
  const answers = [rig.send(first)]
  await until('it is being written', async () => (await rig.record()).includes('slow=10'))
  const [second, third] = [rig.command('slow', 20), rig.command('slow', 30)]
  answers.push(rig.send(second), rig.send(third))
  const reports = await Promise.all(answers)
  expect(reports.map(({ written }) => written)).toEqual([10, null, 30])
  expect(reports.map(({ state }) => state).slice(1)).toEqual(['superseded', 'confirmed'])
  expect((await rig.record()).filter((line) => line.startsWith('slow='))).toEqual(['slow=10', 'slow=30'])
  await until('the superseded one is told', () => rig.toldOf(second)?.state === 'superseded')
  await until('the newer one is told', () => rig.toldOf(third)?.state === 'confirmed')
})

test('answers in time while the read-back is awaited, and tells the rest', async () => {
  await using rig = await startRig({ policies: { silent: { verify_within_ms: 4000 } } })
  await rig.site.startController()
  await rig.untilConnected()
  const command = rig.command('silent', 40, { answer_within_ms: 2000 })
  expect(await rig.send(command)).toMatchObject({ state: 'written' })
  await until('the rest is told', () => rig.toldOf(command)?.state === 'timeout')
  expect(statesOf(rig.toldOf(command))).toEqual(['accepted', 'written', 'timeout'])
})

test('applies nothing again after a restart but safe values, and tells of those that changed something', async () => {
  await using rig = await startRig()
  const controller = await rig.site.startController()
  await rig.untilConnected()
  await rig.set('valve', 40)
  await controller.stop()
  const made = await until('it is told that the valve was made safe', () =>
    rig.told.find(({ requested_by }) => requested_by.kind === 'safe_state'),
  )
  expect(made).toMatchObject({ channel: 'valve', previous: 40, written: 5, event: rig.instance.channels[0]?.event })
  await rig.site.startController()
  await until('it runs again', async () => (await rig.record()).filter((line) => line === 'connected').length === 2)
  await rig.untilConnected()
  const lines = await rig.record()
  expect(lines.slice(lines.lastIndexOf('connected'))).toEqual(['connected', 'valve=5'])
  expect(rig.told.filter(({ requested_by }) => requested_by.kind === 'safe_state')).toHaveLength(1)
})

test('applies the last confirmed setpoint again where the policy says so', async () => {
  await using rig = await startRig({ policies: { valve: { on_start: 'last_confirmed' } } })
  const controller = await rig.site.startController()
  await rig.untilConnected()
  await rig.set('valve', 40)
  await controller.stop()
  await rig.site.startController()
  await until('it is set again', async () => (await rig.record()).filter((line) => line === 'valve=40').length === 2)
})

test('counts commands by how they ended', async () => {
  await using rig = await startRig()
  const controller = await rig.site.startController()
  await rig.untilConnected()
  await rig.set('valve', 40)
  const metrics = await (await fetch(`http://127.0.0.1:${controller.ports.ops}/metrics`)).text()
  expect(metrics).toMatch(/controller_commands_total\{state="confirmed",actor="user".*\} 1/)
  expect(metrics).toMatch(/controller_command_write_seconds_count.* 1/)
  expect(metrics).toContain('controller_clock_skew_seconds')
})
