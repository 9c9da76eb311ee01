import type { Command, CommandId } from '@webmacs/contracts'

/** The last value that was asked for here, and what is known of it. */
export interface Asked {
  readonly id: CommandId
  readonly value: number
  /** By a clock that only runs forward, milliseconds. */
  readonly askedAtMs: number
  /** The newest that the server said of it; undefined before the first answer. */
  readonly answer: Command | undefined
  /** Why there is no answer; undefined while one may come. */
  readonly failure: string | undefined
}

/** Nothing was asked for: undefined. */
export type OutputState = Asked | undefined

/** The looks of a request. `unverified`: written, but the device cannot be asked whether it has the value. */
export type OutputPhase = 'asked' | 'written' | 'confirmed' | 'unverified' | 'failed'

/** The second press of a double click comes within so long. */
const DOUBLE_PRESS_MS = 500

/**
 * The state after a press, or the same state where the press adds nothing: the second of a double click, or a value that is being asked for.
 * A newer value takes the place of one that is under way; the server does the same.
 */
export function ask(state: OutputState, request: Pick<Asked, 'id' | 'value' | 'askedAtMs'>): OutputState {
  if (state !== undefined && isOpen(state)) {
    const isDouble = request.askedAtMs - state.askedAtMs < DOUBLE_PRESS_MS
    if (isDouble || request.value === state.value) return state
  }
  return { ...request, answer: undefined, failure: undefined }
}

/** What the server says counts only for the newest request, and not once its end is known. */
export function answered(state: OutputState, answer: Command): OutputState {
  if (state?.id !== answer.public_id || state.answer?.is_final === true) return state
  return { ...state, answer, failure: undefined }
}

export function failed(state: OutputState, id: CommandId, reason: string): OutputState {
  return state?.id === id && state.answer?.is_final !== true ? { ...state, failure: reason } : state
}

export function phaseOf({ answer, failure }: Asked): OutputPhase {
  if (failure !== undefined) return 'failed'
  switch (answer?.state) {
    case undefined:
    case 'requested':
    case 'accepted':
      return 'asked'
    case 'written':
    case 'confirmed':
    case 'unverified':
      return answer.state
    default:
      return 'failed'
  }
}

/** Whether something is still to come. */
export function isOpen(asked: Asked): boolean {
  const phase = phaseOf(asked)
  return phase === 'asked' || phase === 'written'
}

/** What to write where the reading does not show it yet: the value on its way. Undefined when there is none. */
export function valueUnderWay(state: OutputState): number | undefined {
  if (state === undefined || phaseOf(state) === 'failed') return undefined
  return state.answer?.written_value ?? state.value
}
