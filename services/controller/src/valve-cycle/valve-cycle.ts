import { isDeepStrictEqual } from 'node:util'
import {
  type DesiredValveCycle,
  type EventId,
  formatTime,
  type Micros,
  type ReportedValveCycle,
} from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { Timers } from '../plugin-host/timers.ts'
import { Button } from './button.ts'
import { closeAgain, runCycle, type Valve } from './cycle-run.ts'
import { CycleTimes } from './cycle-times.ts'

export interface ValveCycleOptions {
  readonly valve: (output: DesiredValveCycle['valve']) => Valve
  /** Sets the button back: a reading of 0 at that time. */
  readonly resetButton: (button: EventId, time: Micros) => void
  /** undefined: there is no cycle. */
  readonly report: (state: ReportedValveCycle | undefined) => void
  /** Time for the server. */
  readonly now: () => Micros
  readonly timers: Timers
  readonly log: Pick<Logger, 'info' | 'warn'>
}

/** A good reading. */
export interface HeardValue {
  readonly source: string
  readonly event: EventId
  readonly value: number
  readonly time: Micros
}

/** A cycle in force. */
interface InForce {
  readonly cycle: DesiredValveCycle
  readonly button: Button
  readonly times: CycleTimes
}

interface Running {
  readonly abort: AbortController
  /** Why it was aborted, to be told; undefined: the button was released. */
  abortedBy: 'release' | 'change' | 'stop' | undefined
  ended: Promise<void>
}

const CHANGED = 'The cycle was changed or switched off while it ran; the valve was closed.'
const STOPPED = 'The controller was stopped while the cycle ran; the valve was closed.'

/**
 * Runs the valve cycle: a press opens the valve for a while and closes it for a while, a release in between closes it at once. One press,
 * one cycle; a press while it runs does nothing. Whatever goes wrong ends the cycle, and nothing but a press begins one.
 */
export class ValveCycle {
  readonly #options: ValveCycleOptions
  #wanted: DesiredValveCycle | undefined
  #inForce: InForce | undefined
  #running: Running | undefined
  readonly #stopping = new AbortController()

  constructor(options: ValveCycleOptions) {
    this.#options = options
  }

  /** Events whose readings matter here. */
  get events(): readonly EventId[] {
    const { button, opened, closed } = this.#inForce?.cycle ?? {}
    return [button, opened, closed].filter((event) => event !== undefined && event !== null)
  }

  /**
   * @param wanted undefined: there is none any more
   * @param problem why a cycle of a controller before this one did not end in order
   */
  apply(wanted: DesiredValveCycle | undefined, problem: string | null = null): void {
    this.#wanted = wanted
    if (wanted !== undefined && this.#inForce !== undefined && isSame(wanted, this.#inForce.cycle)) {
      this.#inForce.times.take(wanted)
      return
    }
    if (this.#running === undefined) this.#takeOver(problem)
    else this.#abort('change')
  }

  hear({ source, event, value, time }: HeardValue): void {
    const inForce = this.#inForce
    if (inForce === undefined) return
    const { cycle, button, times } = inForce
    const now = this.#options.now()
    if (event === cycle.opened) times.hear('opened', value, time, now)
    if (event === cycle.closed) times.hear('closed', value, time, now)
    if (event !== cycle.button) return
    const move = button.hear(source, value, time, now)
    if (move === 'release') this.#abort('release')
    if (move === 'press' && this.#running === undefined && !this.#stopping.signal.aborted) this.#begin(inForce)
  }

  /** Ends a cycle that runs; begins none any more. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#abort('stop')
    await this.#running?.ended
  }

  #abort(by: 'release' | 'change' | 'stop'): void {
    if (this.#running === undefined) return
    this.#running.abortedBy ??= by
    this.#running.abort.abort()
  }

  #begin(inForce: InForce): void {
    const times = inForce.times.read()
    if (typeof times === 'string') {
      this.#reset(inForce)
      this.#tell('idle', times)
      return
    }
    const running: Running = { abort: new AbortController(), abortedBy: undefined, ended: Promise.resolve() }
    this.#running = running
    running.ended = this.#run(inForce, times, running)
  }

  async #run(inForce: InForce, times: { openMs: number; closeMs: number }, running: Running): Promise<void> {
    const { valve: valveOf, timers, log } = this.#options
    const valve = valveOf(inForce.cycle.valve)
    log.info({ event: 'valve-cycle.started', ...times }, 'valve cycle started')
    const { signal: abort } = running.abort
    const entered = (phase: 'open' | 'closed'): void => this.#tell(phase, null)
    const { problem, isClosed } = await runCycle({ valve, timers, abort, entered, ...times })
    const told = problem ?? reasonOf(running)
    if (!isClosed) {
      this.#reset(inForce) // before anything else: it must not open again
      log.warn({ event: 'valve-cycle.not-closed', problem }, 'valve could not be closed, trying again')
      this.#tell('open', told ?? null)
      await closeAgain(valve, timers, this.#stopping.signal)
    }
    this.#reset(inForce)
    this.#running = undefined
    if (told !== undefined) log.warn({ event: 'valve-cycle.ended-early', problem: told }, 'valve cycle ended early')
    if (this.#wanted !== undefined && isSame(this.#wanted, inForce.cycle)) this.#tell('idle', told ?? null)
    else this.#takeOver(told ?? null)
  }

  /** A press that nobody heard, or that was meant for another valve, is taken back. */
  #takeOver(problem: string | null): void {
    const cycle = this.#wanted
    if (cycle === undefined) {
      this.#inForce = undefined
      this.#options.report(undefined)
      return
    }
    const known = this.#inForce?.cycle.button === cycle.button ? this.#inForce.button : undefined
    this.#inForce = { cycle, button: known ?? new Button(), times: new CycleTimes() }
    this.#inForce.times.take(cycle)
    this.#reset(this.#inForce)
    this.#tell('idle', problem)
  }

  #reset({ cycle, button }: InForce): void {
    this.#options.resetButton(cycle.button, button.reset(this.#options.now()))
  }

  #tell(phase: ReportedValveCycle['phase'], error_message: string | null): void {
    this.#options.report({ phase, since: formatTime(this.#options.now()), error_message })
  }
}

function reasonOf({ abortedBy }: Running): string | undefined {
  if (abortedBy === 'change') return CHANGED
  return abortedBy === 'stop' ? STOPPED : undefined
}

/** New values of the time events do not make it another cycle. */
function isSame(one: DesiredValveCycle, other: DesiredValveCycle): boolean {
  const part = ({ button, opened, closed, valve }: DesiredValveCycle) => ({ button, opened, closed, valve })
  return isDeepStrictEqual(part(one), part(other))
}
