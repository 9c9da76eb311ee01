import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import { Success, success, ValveCycle, ValveCycleSettings } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { type CycleStates, readCycle } from './cycle-answer.ts'
import { writeCycleSettings } from './cycle-settings.ts'

export interface ValveCycleRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
  readonly states: CycleStates
  /** Event of the valve for as long as nobody has set the cycle up. */
  readonly initialValve: string | undefined
}

const tags = ['Valve cycle']

export const valveCycleRoutes =
  ({ db, changes, states, initialValve }: ValveCycleRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/valve-cycle',
      {
        schema: {
          summary: 'Read the valve cycle',
          description: 'How it is set up, what it does now, and what is missing where it cannot be run.',
          tags,
          response: { 200: ValveCycle },
        },
      },
      () => readCycle(db, states, initialValve),
    )

    app.put(
      '/valve-cycle',
      {
        config: { errors: ['event.unknown', 'cycle.unusable'] },
        schema: {
          summary: 'Set up the valve cycle',
          description:
            'A cycle that is to be on must be one that can be run. One that runs is ended, with the valve closed, when its events change.',
          tags,
          body: ValveCycleSettings,
          response: { 200: Success },
        },
      },
      async (request) => {
        await writeCycleSettings(changes, request.body, { by: principalOf(request), initialValve })
        return success('Valve cycle successfully updated.', 'valve-cycle')
      },
    )
  }
