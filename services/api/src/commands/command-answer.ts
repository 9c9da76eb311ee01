import {
  AppError,
  type Command,
  type CommandErrorCode,
  type CommandReport,
  type CommandState,
  type CommandTransition,
  ERRORS,
  formatTime,
  isFinalState,
  isWrittenState,
  type Micros,
  parseTime,
} from '@webmacs/contracts'
import type { Row } from '@webmacs/database'

export type CommandRow = Row<'commands'>

/** What a report says that a row can take over. */
export type Progress = Pick<
  CommandRow,
  'state' | 'code' | 'detail' | 'previous' | 'written' | 'clamped' | 'readback' | 'transitions'
>

/** Every history begins with the request, whether its controller mentions it or not. */
export function progressOf(report: CommandReport): Progress {
  const { state, code, detail, previous, written, clamped, readback, requested_on } = report
  const requested: CommandTransition = { state: 'requested', time: requested_on }
  const transitions =
    report.transitions[0]?.state === 'requested' ? report.transitions : [requested, ...report.transitions]
  return { state, code, detail, previous, written, clamped, readback, transitions }
}

export function commandOf(row: CommandRow): Command {
  const last = row.transitions.at(-1)
  const writtenOn = writtenTime(row)
  return {
    public_id: row.public_id,
    event_public_id: row.event_public_id,
    instance_public_id: row.instance_public_id,
    instance_name: row.instance_name,
    channel_id: row.channel_id,
    channel_name: row.channel_name,
    unit: row.unit,
    value: row.value,
    state: row.state,
    is_final: isFinalState(row.state),
    code: row.code,
    detail: row.detail,
    previous_value: row.previous,
    written_value: row.written,
    clamped: row.clamped,
    readback_value: row.readback,
    requested_by: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    reason: row.reason,
    requested_on: formatTime(row.requested_on),
    expires_on: formatTime(row.expires_on),
    written_on: writtenOn === undefined ? null : formatTime(writtenOn),
    finished_on: isFinalState(row.state) && last !== undefined ? last.time : null,
    // The clock of a controller may be behind ours by more than the writing took.
    latency_ms: writtenOn === undefined ? null : Math.max(0, (writtenOn - row.requested_on) / 1000),
    transitions: row.transitions,
  }
}

const AFTER_WRITING: readonly CommandState[] = ['written', 'confirmed', 'unverified', 'mismatch']

/** When the device was given the value; undefined: it was not, as far as is known. */
export function writtenTime({ transitions }: Pick<CommandRow, 'transitions'>): Micros | undefined {
  const written = transitions.find(({ state }) => AFTER_WRITING.includes(state))
  return written === undefined ? undefined : parseTime(written.time)
}

/** Why a command counts as failed for who asked; undefined: the device has the value. The sentence names the command. */
export function failureOf({ public_id, state, code, detail }: CommandRow): AppError | undefined {
  if (isWrittenState(state)) return undefined
  const known = code ?? codeOfState(state)
  return new AppError(known, { detail: `${detail ?? defaultDetail(state, known)} (${public_id})` })
}

const defaultDetail = (state: CommandState, code: CommandErrorCode): string =>
  isFinalState(state)
    ? `${ERRORS[code].title}.`
    : 'The device has not taken the value yet; what becomes of it can be read under the id.'

function codeOfState(state: CommandState): CommandErrorCode {
  switch (state) {
    case 'expired':
      return 'command.expired'
    case 'superseded':
      return 'command.superseded'
    case 'mismatch':
      return 'command.mismatch'
    case 'failed':
      return 'command.failed'
    case 'refused':
    case 'cancelled':
      return 'command.refused'
    default:
      return 'command.timeout'
  }
}
