import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  COMMAND_ERRORS,
  Command,
  type CommandId,
  CommandPage,
  CommandQuery,
  CreateCommand,
  DEFAULT_COMMAND_TTL_MS,
  newId,
  nowMicros,
} from '@webmacs/contracts'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { Type } from 'typebox'
import { commandOf } from './command-answer.ts'
import { listCommands, readRow } from './command-store.ts'
import type { CommandDispatcher } from './dispatcher.ts'
import { findOutput, type OutputSources } from './find-output.ts'
import { ordererOf } from './output.ts'

export interface CommandRoutesOptions extends OutputSources {
  readonly commands: CommandDispatcher
}

const tags = ['Commands']
const ById = Type.Object({ id: anyId<CommandId>('command', 'cmd') })

export const commandRoutes =
  ({ db, states, commands }: CommandRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/commands',
      {
        schema: {
          summary: 'List commands, newest first',
          description:
            'Those of people and their tokens, of the valve cycle, and what controllers set to make an output safe.',
          tags,
          querystring: CommandQuery,
          response: { 200: CommandPage },
        },
      },
      async ({ query }) => {
        const { total, commands: found } = await listCommands(db, query)
        return pageAnswer(query, total, found)
      },
    )

    app.post(
      '/commands',
      {
        config: {
          errors: [
            ...([
              'event.unknown',
              'event.not-linked',
              'plugin.unknown',
              'channel.unknown',
              'plugin.undescribed',
            ] as const),
            ...(['command.not-an-output', 'command.exists', ...COMMAND_ERRORS, 'broker.unavailable'] as const),
          ],
        },
        schema: {
          summary: 'Set an output',
          description:
            'Answers within about two seconds what its controller says: 201 when the device has the value (written, confirmed, or unverified where it ' +
            'cannot be asked; perhaps clamped to a limit), else an error whose sentence ends with the id of the command. Sent again with the same ' +
            'public_id it answers what became of the first: 200 instead of 201.',
          tags,
          body: CreateCommand,
          response: { 200: Command, 201: Command },
        },
      },
      async (request, reply) => {
        const { body } = request
        const { row, isReplay } = await commands.execute({
          id: body.public_id ?? newId('cmd'),
          output: await findOutput({ db, states }, body),
          value: body.value,
          by: ordererOf(principalOf(request)),
          askedOn: nowMicros(),
          ttlMs: body.ttl_ms ?? DEFAULT_COMMAND_TTL_MS,
          expectedPrevious: body.expected_previous,
          reason: body.reason,
        })
        return reply.code(isReplay ? 200 : 201).send(commandOf(row))
      },
    )

    app.get(
      '/commands/:id',
      {
        config: { errors: ['command.unknown'] },
        schema: { summary: 'Read a command', tags, params: ById, response: { 200: Command } },
      },
      async ({ params }) => commandOf(await readRow(db, params.id)),
    )
  }
