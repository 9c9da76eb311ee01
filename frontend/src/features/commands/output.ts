import { type Client, isClientError } from '@webmacs/client'
import type { Command, CommandId, CreateCommand } from '@webmacs/contracts'
import { type Asked, answered, ask, failed, type OutputState } from './output-state.ts'

/** Which output. */
export type OutputTarget = Pick<CreateCommand, 'event_public_id' | 'instance_public_id' | 'channel_id'>

export interface OutputOptions {
  readonly commands: Pick<Client['commands'], 'create' | 'get'>
  readonly target: OutputTarget
  readonly newId: () => CommandId
  /** A clock that only runs forward, milliseconds. */
  readonly now: () => number
  /** Resolves after the time, or at once when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** One output as seen from this page: asks for values, and follows each until its end is known. */
export interface Output {
  state(): OutputState
  subscribe(listener: () => void): () => void
  set(value: number): void
  /** Forgets a request that has ended. */
  dismiss(): void
  /** Stops following; what was asked for goes on. */
  close(): void
}

/** The server answers within two seconds or so. */
const ANSWER_WITHIN_MS = 6000
/** How soon the server is asked what became of a command, milliseconds; the wait doubles up to the longest. */
const FOLLOW_MS = { first: 250, longest: 2000 }

export function createOutput({ commands, target, newId, now, wait }: OutputOptions): Output {
  const listeners = new Set<() => void>()
  let state: OutputState
  let following: AbortController | undefined

  const become = (next: OutputState): void => {
    if (next === state) return
    state = next
    for (const listener of listeners) listener()
  }
  const follow = async (asked: Asked, signal: AbortSignal): Promise<void> => {
    try {
      let command = await send(asked, signal)
      for (let pauseMs = FOLLOW_MS.first; ; pauseMs = Math.min(2 * pauseMs, FOLLOW_MS.longest)) {
        if (!signal.aborted) become(answered(state, command))
        if (command.is_final || signal.aborted) return
        await wait(pauseMs, signal)
        if (signal.aborted) return
        command = await commandNow(command, signal)
      }
    } catch (error) {
      if (!signal.aborted) become(failed(state, asked.id, reasonOf(error)))
    }
  }
  /** With an id of ours: where no answer came the client asks again, and nothing is done twice. */
  const send = async ({ id, value }: Asked, signal: AbortSignal): Promise<Command> => {
    try {
      return await commands.create({ ...target, public_id: id, value }, { signal, timeoutMs: ANSWER_WITHIN_MS })
    } catch (error) {
      if (signal.aborted) throw error
      return await outcomeOf(id, error, signal)
    }
  }
  /** A refusal is an error with a sentence; the command itself tells more. @throws the error where there is no command */
  const outcomeOf = async (id: CommandId, error: unknown, signal: AbortSignal): Promise<Command> => {
    try {
      return await commands.get(id, { signal })
    } catch {
      throw error // what was wrong in the first place says more than that there is no command
    }
  }
  /** The server may be away while the output is being set; it is asked again until it says more. */
  const commandNow = async (before: Command, signal: AbortSignal): Promise<Command> => {
    try {
      return await commands.get(before.public_id, { signal })
    } catch (error) {
      if (isClientError(error) && error.isTemporary) return before
      throw error
    }
  }

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set: (value) => {
      const next = ask(state, { id: newId(), value, askedAtMs: now() })
      if (next === state || next === undefined) return
      following?.abort()
      following = new AbortController()
      become(next)
      void follow(next, following.signal) // ends by its signal, and handles its own failures
    },
    dismiss: () => become(undefined),
    close: () => following?.abort(),
  }
}

function reasonOf(error: unknown): string {
  if (isClientError(error, 'network')) return `${error.message} Whether the output was set is not known.`
  return error instanceof Error ? error.message : 'The command could not be sent.'
}
