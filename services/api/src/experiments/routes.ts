import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  CreateExperiment,
  Experiment,
  type ExperimentId,
  ExperimentPage,
  Page,
  Success,
  success,
  UpdateExperiment,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { editOf, IfMatch, tagAnswer } from '@webmacs/http-kit/versions'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Changes } from '../changes/changes.ts'
import {
  deleteExperiment,
  listExperiments,
  readExperiment,
  startExperiment,
  stopExperiment,
  updateExperiment,
} from './experiment-store.ts'

export interface ExperimentRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
}

const tags = ['Experiments']
const ById = Type.Object({ id: anyId<ExperimentId>('experiment', 'exp') })

export const experimentRoutes =
  ({ db, changes }: ExperimentRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/experiments',
      {
        schema: {
          summary: 'List experiments, oldest first',
          tags,
          querystring: Page,
          response: { 200: ExperimentPage },
        },
      },
      async ({ query }) => {
        const { total, experiments } = await listExperiments(db, query)
        return pageAnswer(query, total, experiments)
      },
    )

    app.post(
      '/experiments',
      {
        config: { errors: ['experiment.exists', 'experiment.running'] },
        schema: {
          summary: 'Start an experiment',
          description: 'One runs at a time. Every reading from now on belongs to it, until it is stopped.',
          tags,
          body: CreateExperiment,
          response: { 201: Success },
        },
      },
      async (request, reply) => {
        const id = await startExperiment(db, changes, request.body, principalOf(request))
        return reply.code(201).send(success('Experiment successfully created.', id))
      },
    )

    app.get(
      '/experiments/:id',
      {
        config: { errors: ['experiment.unknown'] },
        schema: { summary: 'Read an experiment', tags, params: ById, response: { 200: Experiment } },
      },
      async ({ params }, reply) => {
        const { value, updatedOn } = await readExperiment(db, params.id)
        tagAnswer(reply, updatedOn)
        return value
      },
    )

    app.put(
      '/experiments/:id',
      {
        config: { errors: ['experiment.unknown', 'experiment.exists', 'request.precondition'] },
        schema: {
          summary: 'Rename an experiment',
          tags,
          headers: IfMatch,
          params: ById,
          body: UpdateExperiment,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        tagAnswer(reply, await updateExperiment(changes, id, request.body, editOf(request)))
        return success('Experiment successfully updated.', id)
      },
    )

    app.put(
      '/experiments/:id/stop',
      {
        config: { errors: ['experiment.unknown'] },
        schema: {
          summary: 'Stop an experiment',
          description: 'Takes no body. An experiment that has stopped stays as it is: stopping it again succeeds.',
          tags,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        tagAnswer(reply, await stopExperiment(changes, id, principalOf(request)))
        return success('Experiment successfully stopped.', id)
      },
    )

    app.delete(
      '/experiments/:id',
      {
        config: { errors: ['experiment.unknown', 'request.precondition'] },
        schema: {
          summary: 'Delete an experiment',
          description: 'Only the record: its datapoints are kept and belong to no experiment then. One that runs ends.',
          tags,
          headers: IfMatch,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        await deleteExperiment(changes, id, editOf(request))
        return success('Experiment successfully deleted.', id)
      },
    )
  }
