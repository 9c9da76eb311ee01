import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./bare-timer.ts', import.meta.url))

/** How late a process with nothing else to do is at its ticks, ms each. */
export async function runBareTimer(intervalMs: number, durationMs: number): Promise<number[]> {
  const child = fork(PROGRAM, [String(intervalMs)])
  await delay(durationMs)
  child.kill('SIGTERM')
  const [{ lateMs }] = (await once(child, 'message')) as [{ lateMs: number[] }] // what the program sends
  return lateMs
}
