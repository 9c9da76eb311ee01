import {
  type CommandErrorCode,
  type CommandReport,
  type CommandRequest,
  type CommandState,
  formatTime,
  type Micros,
} from '@webmacs/contracts'

/** What else is known of a command in its new state; what is left out stays. */
export type CommandFacts = Partial<Pick<CommandReport, 'previous' | 'written' | 'clamped' | 'readback'>> & {
  readonly code?: CommandErrorCode
  /** The reason as a sentence. */
  readonly detail?: string
}

/** A command that a controller has heard of, in no state yet. */
export const recordOf = (request: CommandRequest, controller: string): CommandReport => ({
  ...request,
  controller,
  state: 'requested',
  code: null,
  detail: null,
  previous: null,
  written: null,
  clamped: false,
  readback: null,
  transitions: [],
})

/** The command in its next state; all that was known before is kept. */
export const advance = (
  report: CommandReport,
  state: CommandState,
  time: Micros,
  { code, detail, ...facts }: CommandFacts = {},
): CommandReport => ({
  ...report,
  ...facts,
  state,
  code: code ?? null,
  detail: detail?.slice(0, MAX_DETAIL) ?? null,
  transitions: [...report.transitions, { state, time: formatTime(time) }],
})

const MAX_DETAIL = 1000
