import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { formatTime, nowMicros } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRig } from '../testing/rig.ts'
import type { Site } from '../testing/site.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

let processes: ChildProcess[]
beforeEach(() => {
  processes = []
})
afterEach(() => {
  for (const one of processes) one.kill('SIGKILL')
})

/** The controller as it really runs. */
async function startProcess(site: Site): Promise<ChildProcess> {
  const child = fork(MAIN, [], {
    env: { ...site.environment, LOG_LEVEL: 'fatal' },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  processes.push(child)
  const [ready] = await once(child, 'message')
  expect(ready).toMatchObject({ type: 'ready' })
  return child
}

test('does not write what waited in its socket until it had expired', async () => {
  await using rig = await startRig()
  const controller = await startProcess(rig.site)
  await rig.untilConnected()
  const expires = nowMicros() + 1_500_000
  const command = rig.command('valve', 40, { expires_at: formatTime(expires) })
  controller.kill('SIGSTOP')
  const answer = rig.send(command)
  await until('it has expired', () => nowMicros() > expires)
  controller.kill('SIGCONT')
  expect(await answer).toMatchObject({ state: 'expired', code: 'command.expired', written: null })
  expect(await rig.set('blind', 1)).toMatchObject({ written: 1 })
  expect(await rig.record()).not.toContain('valve=40')
})

test('tells after it was killed what became of a command, as far as it can be known', async () => {
  await using rig = await startRig({ slowMs: 3000, policies: { silent: { verify_within_ms: 60_000 } } })
  const controller = await startProcess(rig.site)
  await rig.untilConnected()
  const { commands } = rig.site.bus.names.streams
  const { streams } = rig.site.bus.jsm
  const { config } = await streams.info(commands)
  await streams.delete(commands)
  const [written, sent] = [rig.command('silent', 40, { answer_within_ms: 3000 }), rig.command('slow', 40)]
  expect(await rig.send(written)).toMatchObject({ state: 'written' })
  void rig.send(sent).catch((err: Error) => expect(err.name).toBe('NoReplyError'))
  await until('it is being written', async () => (await rig.record()).includes('slow=40'))
  const exited = once(controller, 'exit')
  controller.kill('SIGKILL')
  await exited
  await streams.add(config)
  await startProcess(rig.site)
  await until('it is told of both', () => [written, sent].every((one) => finalOf(rig.toldOf(one))))
  expect(rig.toldOf(written)).toMatchObject({ state: 'timeout', written: 40 })
  expect(rig.toldOf(sent)).toMatchObject({ state: 'failed', code: 'command.failed', written: null })
  expect(await rig.send(sent)).toMatchObject({ state: 'failed' })
  await until('the stream has them', async () => (await streams.info(commands)).state.messages >= 2)
  expect((await rig.record()).filter((line) => line === 'slow=40')).toHaveLength(1)
})

const finalOf = (report: { state: string } | undefined): boolean =>
  report !== undefined && !['accepted', 'written'].includes(report.state)
