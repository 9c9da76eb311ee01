import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  COMMAND_ERRORS,
  DatapointsCreated,
  type ErrorCode,
  MAX_IDEMPOTENCY_KEY,
  NewDatapoint,
  NewDatapoints,
} from '@webmacs/contracts'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { ordererOf } from '../commands/output.ts'
import type { Taken, TelemetryIntake } from './intake.ts'

export const REPLAYED_HEADER = 'idempotent-replayed'

const IdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: `^[\\x20-\\x7e]{1,${MAX_IDEMPOTENCY_KEY}}$`,
      description:
        'Of your choice, 1 to 255 printable characters, one for each request: sent again with the same body within 24 hours, nothing is ' +
        'stored twice, and an answer that was given is given again, with `Idempotent-Replayed: true`',
      examples: ['boiler-logger-7-000183'],
    }),
  ),
})

const Wait = Type.Object({
  wait: Type.Optional(
    Type.Literal('committed', {
      description:
        'Answer when the datapoints are in the database, after five seconds at the latest; without it, when the broker has them on its disk',
    }),
  ),
})

const tags = ['Datapoints']
const errors = ['request.key-reused', 'broker.unavailable', 'historian.behind'] as const satisfies ErrorCode[]
const headers = IdempotencyKey
const querystring = Wait
const response = { 201: DatapointsCreated }

/** Datapoints in. */
export const telemetryRoutes =
  ({ intake }: { readonly intake: TelemetryIntake }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/datapoints',
      {
        config: { errors: ['event.unknown', 'event.not-linked', 'datapoint.time', ...COMMAND_ERRORS, ...errors] },
        schema: {
          summary: 'Store a datapoint',
          description:
            'Its event must be linked to an enabled plugin instance. Values outside the range of the event are stored too. For an output that a controller ' +
            'drives it is a command: see `POST /api/v1/commands`.',
          ...{ tags, headers, querystring, body: NewDatapoint, response },
        },
      },
      async (request, reply) => {
        const taken = await intake.take({
          user: principalOf(request).key,
          by: ordererOf(principalOf(request)),
          kind: 'single',
          datapoints: [request.body],
          idempotencyKey: request.headers['idempotency-key'],
          timeField: () => 'body.timestamp',
          waitsForCommit: request.query.wait === 'committed',
        })
        return answer(reply, taken, '1 datapoint successfully created.')
      },
    )

    app.post(
      '/datapoints/batch',
      {
        config: { errors },
        schema: {
          summary: 'Store up to 500 datapoints',
          description:
            'A malformed item refuses them all. Those of events that are unknown, or not linked to an enabled plugin instance, are listed as ' +
            'rejected and the others stored. Datapoints of one event that come without a time are stored in the order of the list. Those for outputs that a ' +
            'controller drives are commands, carried out in that order; the ones that fail are listed as rejected, with the reason.',
          ...{ tags, headers, querystring, body: NewDatapoints, response },
        },
      },
      async (request, reply) => {
        const taken = await intake.take({
          user: principalOf(request).key,
          by: ordererOf(principalOf(request)),
          kind: 'batch',
          datapoints: request.body.datapoints,
          idempotencyKey: request.headers['idempotency-key'],
          timeField: (index) => `body.datapoints.${index}.timestamp`,
          waitsForCommit: request.query.wait === 'committed',
        })
        return answer(reply, taken, `${taken.outcome.accepted} datapoints successfully created.`)
      },
    )
  }

function answer(reply: FastifyReply, { outcome, isReplay, committed }: Taken, message: string): FastifyReply {
  if (isReplay) reply.header(REPLAYED_HEADER, 'true')
  const body: DatapointsCreated = {
    status: 'success',
    message,
    ...outcome,
    ...(committed !== undefined && { committed }),
  }
  return reply.code(201).send(body)
}
