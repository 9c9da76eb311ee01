import type { CreateLogEntry, LogEntry, LogEntryId, UpdateLogEntry } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import { type Created, create, publicIdOf, type Readable, readable, type Updatable, updatable } from './things.ts'

/** The log book that people read, newest first. */
export interface LoggingClient extends Listed<LogEntry>, Readable<LogEntry>, Updatable<UpdateLogEntry> {
  create(entry: CreateLogEntry, options?: RequestOptions): Promise<Created<LogEntryId>>
}

export const loggingClient = (http: Http): LoggingClient => ({
  ...listOf<LogEntry>(http, '/logging', publicIdOf),
  ...readable<LogEntry>(http, '/logging'),
  ...updatable<UpdateLogEntry>(http, '/logging'),
  create: (entry, options) => create(http, '/logging', entry, options),
})
