import type { CommandReport, CommandState } from '@webmacs/contracts'
import type { VerifiedMessage, WriteFailedMessage } from '../plugin-host/messages.ts'
import type { CommandFacts } from './command-record.ts'

/** How a command ends, and the sentence for the person who asked. */
export type Outcome = CommandFacts & { readonly state: CommandState }

export const SUPERSEDED: Outcome = {
  state: 'superseded',
  code: 'command.superseded',
  detail: 'A newer command for the same output took its place.',
}

export const UNREMEMBERED: Outcome = {
  state: 'failed',
  code: 'command.failed',
  detail: 'The controller cannot remember commands, and so does none.',
}

/** The process of the device ended, or beats and does not answer. */
export function lostWith({ state }: CommandReport): Outcome {
  if (state === 'written')
    return {
      state: 'timeout',
      code: 'command.timeout',
      detail: "The value was written; the device's process ended or fell silent before the read-back came.",
    }
  return {
    state: 'failed',
    code: 'command.failed',
    detail: "The device's process ended or fell silent before it answered: the value may have been written or not.",
  }
}

/** What can be said of a command that a controller which was killed or lost its power had begun. It is not done again. */
export function afterRestart({ state }: CommandReport, sent: boolean): Outcome {
  if (state === 'written')
    return {
      state: 'timeout',
      code: 'command.timeout',
      detail: 'The value was written; the controller was restarted before the read-back came.',
    }
  return {
    state: 'failed',
    code: 'command.failed',
    detail: sent
      ? 'The controller was restarted before the device answered: the value may have been written or not.'
      : 'The controller was restarted before the value was written.',
  }
}

export function afterWriteFailure({ reason, message }: WriteFailedMessage): Outcome {
  switch (reason) {
    case 'expired':
      return {
        state: 'expired',
        code: 'command.expired',
        detail: 'The device was not ready in time; nothing was written.',
      }
    case 'away':
      return { state: 'failed', code: 'device.away', detail: sentence('The device cannot be reached', message) }
    case 'failed':
      return { state: 'failed', code: 'command.failed', detail: sentence('The device did not take the value', message) }
    case 'unanswered':
      return {
        state: 'timeout',
        code: 'command.timeout',
        detail: sentence('The device did not answer, and may have taken the value or not', message),
      }
  }
}

export function afterVerification({ state, readback }: VerifiedMessage, written: number | null): Outcome {
  switch (state) {
    case 'confirmed':
    case 'unverified':
      return { state, readback }
    case 'mismatch':
      return {
        state,
        readback,
        code: 'command.mismatch',
        detail: `The device was given ${written} and has ${readback}.`,
      }
    case 'timeout':
      return {
        state,
        readback,
        code: 'command.timeout',
        detail: 'The value was written; the device does not say that it has it.',
      }
  }
}

const sentence = (what: string, why: string): string => (why === '' ? `${what}.` : `${what}: ${why}`)
