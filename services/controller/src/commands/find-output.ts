import type {
  ChannelDescription,
  CommandErrorCode,
  CommandRequest,
  CommandState,
  DesiredInstance,
} from '@webmacs/contracts'
import type { ControllerMessage } from '../plugin-host/messages.ts'
import { limitsOf, type OutputLimits } from './output-limits.ts'

/** An instance as far as commands need it. */
export interface CommandTarget {
  /** undefined: it was removed. */
  readonly desired: DesiredInstance | undefined
  /** As its device last said; none before it first did. */
  readonly channels: readonly ChannelDescription[]
  /** @returns false when it has no process that could hear it */
  send(message: ControllerMessage): boolean
}

/** Why a command is not done, with a sentence for the person who asked. */
export interface Refusal {
  readonly ok: false
  readonly state: CommandState
  readonly code: CommandErrorCode
  readonly detail: string
}

export type FoundOutput = { readonly ok: true; readonly target: CommandTarget; readonly limits: OutputLimits } | Refusal

/** The output that a command names, as it can be driven now. */
export function findOutput({ channel }: CommandRequest, target: CommandTarget | undefined): FoundOutput {
  const { desired } = target ?? {}
  if (target === undefined || desired === undefined) return away('This controller does not run the instance.')
  if (!desired.enabled) return away(`The instance "${desired.name}" is disabled.`)
  if (target.channels.length === 0) return away(`The device "${desired.name}" has not been reached yet.`)
  const description = target.channels.find(({ id }) => id === channel)
  if (description === undefined) return refused(`The device "${desired.name}" has no channel "${channel}".`)
  if (description.direction === 'input') return refused(`"${description.name}" is an input.`)
  const settings = desired.channels.find((one) => one.channel === channel)?.settings
  return { ok: true, target, limits: limitsOf(description, settings?.output) }
}

export const away = (detail: string): Refusal => ({ ok: false, state: 'failed', code: 'device.away', detail })
export const refused = (detail: string): Refusal => ({ ok: false, state: 'refused', code: 'command.refused', detail })
export const expired = (detail: string): Refusal => ({ ok: false, state: 'expired', code: 'command.expired', detail })
