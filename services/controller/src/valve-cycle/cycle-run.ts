import type { Timers } from '../plugin-host/timers.ts'
import { wait } from '../plugin-host/timers.ts'
import { untilSettled } from '../supervision/waiting.ts'
import type { CycleMilliseconds } from './cycle-times.ts'

/** What became of an attempt to set the valve. */
export interface ValveOutcome {
  /** Why it has not the value, as a sentence; undefined: it has. */
  readonly problem: string | undefined
  /** Somebody's newer command took its place: the valve is theirs. */
  readonly isTaken: boolean
}

export interface ValveSetting {
  /** Resolves as soon as the device was given the value, or with `done`. */
  readonly written: Promise<void>
  /** Never rejects. */
  readonly done: Promise<ValveOutcome>
}

/** The valve as the cycle needs it. */
export interface Valve {
  set(value: 0 | 1): ValveSetting
  /** Has its safe value set past all limits, where it has one. */
  makeSafe(): void
}

export interface RunOptions extends CycleMilliseconds {
  readonly valve: Valve
  readonly timers: Timers
  /** Ends the cycle: the valve is closed at once. */
  readonly abort: AbortSignal
  readonly entered: (phase: 'open' | 'closed') => void
}

export interface RunResult {
  /** Why it ended early, as a sentence. */
  readonly problem: string | undefined
  /** Whether the valve is closed, or somebody else's. */
  readonly isClosed: boolean
}

/** Opens the valve, waits, closes it, waits. Whatever happens in between, the valve is told to close. */
export async function runCycle(options: RunOptions): Promise<RunResult> {
  const { valve, timers, abort, closeMs, entered } = options
  entered('open')
  const openProblem = await open(options)
  const closing = valve.set(0)
  await closing.written
  entered('closed')
  if (openProblem === undefined) {
    const over = new AbortController()
    void closing.done.then(({ problem }) => problem !== undefined && over.abort())
    await wait(closeMs, timers, AbortSignal.any([abort, over.signal]))
  }
  const closed = await closing.done
  const closeProblem = closed.problem === undefined ? undefined : `The valve could not be closed: ${closed.problem}`
  const problems = [openProblem, closeProblem].filter((problem) => problem !== undefined)
  return {
    problem: problems.length === 0 ? undefined : problems.join(' '),
    isClosed: closed.problem === undefined || closed.isTaken,
  }
}

/** The time begins when the device has been given the value. @returns why it could not be opened */
async function open({ valve, timers, abort, openMs }: RunOptions): Promise<string | undefined> {
  let failure: string | undefined
  const failed = new AbortController()
  const opening = valve.set(1)
  void opening.done.then(({ problem }) => {
    if (problem === undefined) return
    failure = `The valve could not be opened: ${problem}`
    failed.abort()
  })
  const stop = AbortSignal.any([abort, failed.signal])
  await untilSettled(opening.written, stop)
  await wait(openMs, timers, stop)
  return abort.aborted ? undefined : failure
}

const RETRIES_MS = [1000, 2000, 4000]

/** What can still be done when the valve did not close: its safe value, and the same again a few times. */
export async function closeAgain(valve: Valve, timers: Timers, stop: AbortSignal): Promise<void> {
  valve.makeSafe()
  for (const milliseconds of RETRIES_MS) {
    await wait(milliseconds, timers, stop)
    if (stop.aborted) return
    const { problem, isTaken } = await valve.set(0).done
    if (problem === undefined || isTaken) return
  }
}
