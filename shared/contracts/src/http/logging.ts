import { type Static, Type } from 'typebox'
import { LogEntryId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { NOT_BLANK, pageOf } from './common.ts'

export const LOGGING_TYPES = ['error', 'warning', 'info'] as const
export type LoggingType = (typeof LOGGING_TYPES)[number]
const loggingType = (options: object = {}) =>
  Type.Unsafe<LoggingType>(Type.Enum([...LOGGING_TYPES], { description: 'How serious it is', ...options }))

export const STATUS_TYPES = ['read', 'unread'] as const
export type StatusType = (typeof STATUS_TYPES)[number]
const statusType = Type.Unsafe<StatusType>(
  Type.Enum([...STATUS_TYPES], { description: 'Whether somebody has seen it' }),
)

const content = Type.String({
  maxLength: 500,
  pattern: NOT_BLANK,
  description: 'What happened, as a sentence',
  examples: ['Pump 2 was serviced.'],
})

export const LogEntry = Type.Object({
  public_id: LogEntryId,
  content,
  logging_type: loggingType(),
  status_type: statusType,
  created_on: Timestamp,
  user_public_id: Type.Union([UserId, Type.Null()], {
    description: 'Who wrote it; null: the system',
    examples: ['usr_7k2m9q4tx3ab'],
  }),
})
export type LogEntry = Static<typeof LogEntry>
export const LogEntryPage = pageOf(LogEntry)

export const CreateLogEntry = Type.Object({ content, logging_type: Type.Optional(loggingType({ default: 'info' })) })
export type CreateLogEntry = Static<typeof CreateLogEntry>
export const UpdateLogEntry = Type.Object({ content: Type.Optional(content), status_type: Type.Optional(statusType) })
export type UpdateLogEntry = Static<typeof UpdateLogEntry>
