import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

export const run = promisify(execFile)

const POLL_MS = 20

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM' // it exists and belongs to somebody else
  }
}

/** The command line of a process, or an empty text when there is none: ids are used again, so an id alone proves nothing. */
export async function commandLineOf(pid: number): Promise<string> {
  if (!isAlive(pid)) return ''
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
    if (process.platform === 'win32')
      return (await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'])).stdout
    return (await run('ps', ['-p', String(pid), '-o', 'command='])).stdout
  } catch {
    return '' // it ended while we asked
  }
}

/** Asks a process that is not our child to stop, and waits until it is gone. @returns false past the deadline */
export async function stopForeign(pid: number, signal: NodeJS.Signals, deadlineMs: number): Promise<boolean> {
  process.kill(pid, signal)
  return waitFor(() => !isAlive(pid), deadlineMs)
}

/** Looks again every 20 ms: what other processes do to files and process tables announces itself by no event. */
export async function waitFor(condition: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const deadline = performance.now() + deadlineMs
  while (performance.now() < deadline) {
    if (await condition()) return true
    await delay(POLL_MS)
  }
  return false
}

const MAX_LOG_BYTES = 20 * 1024 * 1024

/** A server's log: a file and not a pipe, because the server may outlive us; goes on where an earlier start ended, one older file is kept. */
export async function openLog(path: string): Promise<FileHandle> {
  const { size } = await stat(path).catch(() => ({ size: 0 })) // none yet
  if (size > MAX_LOG_BYTES) await rename(path, `${path}.1`)
  return open(path, 'a', 0o600)
}

/** A port of the loopback address that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  server.close()
  await once(server, 'close')
  return port
}

export interface ServerProcess {
  readonly child: ChildProcess
  readonly pid: number
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<void>
  readonly hasExited: () => boolean
}

/** Starts a server apart from our process group, so that a terminal's Ctrl-C does not reach it before the services that use it. */
export async function spawnServer(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<ServerProcess> {
  const child = spawn(program, args, { ...options, detached: process.platform !== 'win32', windowsHide: true })
  const exited = once(child, 'exit').then(() => undefined)
  await once(child, 'spawn')
  if (child.pid === undefined) throw new Error(`${program} started without a process id`)
  return { child, pid: child.pid, exited, hasExited: () => child.exitCode !== null || child.signalCode !== null }
}

/** Stops our child with the gentlest signal, then with the next, each with its time. */
export async function stopServer(
  server: ServerProcess,
  steps: readonly { readonly signal: NodeJS.Signals; readonly deadlineMs: number }[],
): Promise<void> {
  for (const { signal, deadlineMs } of steps) {
    if (server.hasExited()) return
    server.child.kill(signal)
    await Promise.race([server.exited, delay(deadlineMs, undefined, { ref: false })])
  }
  await server.exited
}
