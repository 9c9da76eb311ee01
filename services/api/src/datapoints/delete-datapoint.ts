import type { Principal } from '@webmacs/auth/fastify'
import { NoReplyError, request } from '@webmacs/bus'
import { AppError, DeletedDatapoints, formatTime, parseDatapointId } from '@webmacs/contracts'
import type { Broker } from '../broker.ts'
import type { Changes } from '../changes/changes.ts'
import type { LastValues } from './last-values.ts'
import { readDatapoint, unknownDatapoint } from './stored-datapoints.ts'

interface DeletionOptions {
  readonly broker: Broker
  readonly changes: Changes
  readonly lastValues: LastValues
}

const HISTORIAN_DEADLINE_MS = 5000

/**
 * Has the historian, which owns the table, delete a datapoint. Asked last in the transaction that says who did it: what it refuses is not
 * written down. When its answer is lost the deletion may have been made without an entry, and asking again answers that there is none.
 * @throws AppError `datapoint.unknown`, `broker.unavailable`, `historian.unavailable`, `datapoint.pending`
 */
export async function deleteDatapoint(
  { broker, changes, lastValues }: DeletionOptions,
  id: string,
  by: Principal,
): Promise<void> {
  const key = parseDatapointId(id)
  if (key === undefined) throw unknownDatapoint(id)
  const { bus } = broker
  await changes.make(by, async ({ trx, record }) => {
    const before = await readDatapoint(trx, id).catch((err: unknown) => {
      throw lastValues.holds(key) ? notStoredYet(err) : err
    })
    await record({ entity: 'datapoint', verb: 'deleted', id, before })
    const { deleted } = await request(
      bus,
      bus.names.subjects.historian('delete'),
      { event: key.event, time: formatTime(key.time) },
      DeletedDatapoints,
      { timeoutMs: HISTORIAN_DEADLINE_MS },
    ).catch((err: unknown) => {
      throw err instanceof NoReplyError ? new AppError('historian.unavailable', { cause: err }) : err
    })
    if (deleted === 0) throw unknownDatapoint(id) // somebody else was faster
  })
}

/** Answered 404 it would be stored a moment later all the same. */
const notStoredYet = (cause: unknown): AppError =>
  new AppError('datapoint.pending', {
    detail: 'The datapoint is not stored yet: try again in a moment.',
    retryAfterSeconds: 1,
    cause,
  })
