import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  DeletionRequest,
  formatTime,
  HistorianJob,
  type HistorianJobId,
  HistorianJobPage,
  nowMicros,
  Page,
  RepairRequest,
} from '@webmacs/contracts'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { Type } from 'typebox'
import type { LastValues } from '../datapoints/last-values.ts'
import { replaceDeletedBy } from '../datapoints/read-last-values.ts'
import { type HistorianParts, makeJob, waitForJob } from './ask-historian.ts'
import { countDatapoints } from './count-datapoints.ts'
import { deletionRange, type JobRange, timeRange } from './deletion-range.ts'
import { listJobs, readJob } from './job-store.ts'

export interface DeletionRoutesOptions extends HistorianParts {
  readonly lastValues: LastValues
}

const ById = Type.Object({ id: anyId<HistorianJobId>('job', 'job') })

export const deletionRoutes =
  (options: DeletionRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    await app.register(datapointDeletions(options))
    await app.register(repairs(options))
  }

const datapointDeletions =
  ({ lastValues, ...parts }: DeletionRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { db } = parts
    const tags = ['Datapoints']
    app.post(
      '/datapoints/deletions',
      {
        config: { errors: ['event.unknown', 'experiment.unknown', 'datapoint.range'] },
        schema: {
          summary: "Delete a range or an experiment's datapoints",
          description:
            'They are gone for good, also from charts; the audit log keeps what was asked. Answered 201 when it is done, and 202 while a ' +
            'large deletion goes on: ask for it by its id. With `dry_run` nothing is deleted, only counted (200). Bad readings in the range are ' +
            'deleted too, but not counted.',
          tags,
          body: DeletionRequest,
          response: { 200: HistorianJob, 201: HistorianJob, 202: HistorianJob },
        },
      },
      async (request, reply) => {
        const range = await deletionRange(db, request.body)
        const expected = await countDatapoints(db, range)
        if (request.body.dry_run) return countedAnswer(range, expected)
        const id = await makeJob(parts, { ...range, kind: 'delete', expected }, principalOf(request))
        const job = await waitForJob(parts, 'delete', id)
        // The sender must not see it again; other instances hear of it as a change.
        if (job.ended_on !== null) await replaceDeletedBy({ db, values: lastValues }, id)
        return reply.code(job.ended_on === null ? 202 : 201).send(job)
      },
    )

    app.get(
      '/datapoints/deletions',
      {
        schema: {
          summary: 'List deletions, newest first',
          description: 'Of ranges and experiments; single datapoints that were deleted are in the audit log.',
          tags,
          querystring: Page,
          response: { 200: HistorianJobPage },
        },
      },
      async ({ query }) => {
        const { total, jobs } = await listJobs(db, 'delete', query)
        return pageAnswer(query, total, jobs)
      },
    )

    app.get(
      '/datapoints/deletions/:id',
      {
        config: { errors: ['historian.job-unknown'] },
        schema: { summary: 'Read how far a deletion is', tags, params: ById, response: { 200: HistorianJob } },
      },
      ({ params }) => readJob(db, 'delete', params.id),
    )
  }

const repairs =
  (parts: HistorianParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['Historian']
    app.post(
      '/historian/repairs',
      {
        config: { errors: ['event.unknown', 'datapoint.range'] },
        schema: {
          summary: 'Make rollups anew',
          description:
            'From the datapoints that are stored, where retention has left them: for rollups that were damaged from outside. Answered 201 when ' +
            'it is done, and 202 while it goes on.',
          tags,
          body: RepairRequest,
          response: { 201: HistorianJob, 202: HistorianJob },
        },
      },
      async (request, reply) => {
        const range = await timeRange(parts.db, request.body)
        const id = await makeJob(parts, { ...range, kind: 'repair', expected: null }, principalOf(request))
        const job = await waitForJob(parts, 'repair', id)
        return reply.code(job.ended_on === null ? 202 : 201).send(job)
      },
    )

    app.get(
      '/historian/repairs/:id',
      {
        config: { errors: ['historian.job-unknown'] },
        schema: { summary: 'Read how far a repair is', tags, params: ById, response: { 200: HistorianJob } },
      },
      ({ params }) => readJob(parts.db, 'repair', params.id),
    )
  }

function countedAnswer({ events, from, to, experiment }: JobRange, expected: number): HistorianJob {
  const now = formatTime(nowMicros())
  return {
    ...{ public_id: null, kind: 'delete', state: 'counted', user_public_id: null, error: null },
    ...{ from: formatTime(from), to: formatTime(to), experiment_public_id: experiment },
    event_public_ids: events === null ? null : events.map(({ id }) => id),
    ...{ expected, done: 0, created_on: now, ended_on: now },
  }
}
