import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AvailablePlugins,
  type InstanceId,
  InstanceValues,
  PluginDetails,
  PluginTestResult,
  TestPluginInstance,
} from '@webmacs/contracts'
import { anyId } from '@webmacs/http-kit/ids'
import { Type } from 'typebox'
import { listDrivers, readDriver } from './driver-offers.ts'
import type { InstanceParts } from './instance-changes.ts'
import { readValues } from './instance-values.ts'
import { testInstance } from './test-instance.ts'

const tags = ['Plugins']
const ById = Type.Object({ id: anyId<InstanceId>('plugin instance', 'plg') })
/** Any text is looked up, as with instances. */
const ByDriver = Type.Object({ id: Type.String({ description: 'Id of the driver', examples: ['simulated'] }) })

/** What people need while they set up a device: which drivers there are, whether it answers, what it shows. */
export const deviceRoutes =
  (parts: InstanceParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { states } = parts

    app.get(
      '/plugins/available',
      {
        config: { errors: ['broker.unavailable'] },
        schema: {
          summary: 'List the plugins that controllers can run',
          tags,
          response: { 200: AvailablePlugins },
        },
      },
      async () => listDrivers(states),
    )

    app.get(
      '/plugins/available/:id',
      {
        config: { errors: ['plugin.unknown', 'broker.unavailable'] },
        schema: {
          summary: 'Read a plugin with all that is needed to set up an instance of it',
          description: 'Its configuration has a JSON schema that a form can be drawn from.',
          tags,
          params: ByDriver,
          response: { 200: PluginDetails },
        },
      },
      async ({ params }) => readDriver(states, params.id),
    )

    app.post(
      '/plugins/test',
      {
        config: { errors: ['plugin.unknown', 'controller.away', 'broker.unavailable'] },
        schema: {
          summary: 'Test whether a device answers, before anything is saved',
          description:
            'The controller connects, reads every channel once, writes nothing and disconnects. A device that does not answer is no error: ok is false, and message says why. Where the configuration says [secret], the secret of the instance that is named is taken.',
          tags,
          body: TestPluginInstance,
          response: { 200: PluginTestResult },
        },
      },
      async ({ body }) => testInstance(parts, body),
    )

    app.get(
      '/plugins/:id/values',
      {
        config: { errors: ['plugin.unknown', 'plugin.not-running', 'controller.away', 'broker.unavailable'] },
        schema: {
          summary: 'Read what all channels of an instance show now',
          description:
            'Also of channels that no event is linked to. Nothing of it is recorded: ask again as long as somebody looks.',
          tags,
          params: ById,
          response: { 200: InstanceValues },
        },
      },
      async ({ params }) => readValues(parts, params.id),
    )
  }
