import {
  type CommandReport,
  type CommandRequest,
  DEFAULT_COMMAND_TTL_MS,
  type DesiredValveCycle,
  formatTime,
  isWrittenState,
  MAX_COMMAND_TTL_MS,
  type Micros,
  newId,
} from '@webmacs/contracts'
import { errorText } from '../error-text.ts'
import type { Valve, ValveOutcome, ValveSetting } from './cycle-run.ts'

export const VALVE_CYCLE_ACTOR = { kind: 'valve_cycle', id: null, name: 'Valve cycle' } as const

export interface CommandValveOptions {
  readonly execute: (request: CommandRequest) => Promise<CommandReport>
  readonly makeSafe: (instance: string, channel: string) => void
  /** Time for the server. */
  readonly now: () => Micros
}

/** Longer than any verification takes. */
const ANSWER_WITHIN_MS = 60_000

/** Sets outputs for the valve cycle by commands like everybody's: with limits, read-back and history. */
export class CommandValves {
  readonly #options: CommandValveOptions
  /** Command → what waits until it is written. */
  readonly #writing = new Map<string, () => void>()

  constructor(options: CommandValveOptions) {
    this.#options = options
  }

  valve(output: DesiredValveCycle['valve']): Valve {
    return {
      set: (value) => this.set(output, value),
      makeSafe: () => this.#options.makeSafe(output.instance, output.channel),
    }
  }

  set({ instance, channel, event }: DesiredValveCycle['valve'], value: 0 | 1): ValveSetting {
    const now = this.#options.now()
    // Opening late would surprise people; closing late is better than not at all.
    const ttlMs = value === 1 ? DEFAULT_COMMAND_TTL_MS : MAX_COMMAND_TTL_MS
    const written = Promise.withResolvers<void>()
    const id = newId('cmd')
    this.#writing.set(id, written.resolve)
    const done = this.#execute({
      ...{ id, instance, channel, event, value, requested_by: VALVE_CYCLE_ACTOR },
      requested_on: formatTime(now),
      expires_at: formatTime(now + ttlMs * 1000),
      answer_within_ms: ANSWER_WITHIN_MS,
    }).finally(() => {
      this.#writing.delete(id)
      written.resolve()
    })
    return { written: written.promise, done }
  }

  /** A command is in a new state. */
  hear({ id, state }: Pick<CommandReport, 'id' | 'state'>): void {
    if (state === 'written') this.#writing.get(id)?.()
  }

  async #execute(request: CommandRequest): Promise<ValveOutcome> {
    try {
      const { state, detail } = await this.#options.execute(request)
      if (isWrittenState(state)) return { problem: undefined, isTaken: false }
      return { problem: detail ?? `The command ended as ${state}.`, isTaken: state === 'superseded' }
    } catch (err) {
      return { problem: errorText(err), isTaken: false }
    }
  }
}
