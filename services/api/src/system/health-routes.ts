import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { API_BASE, formatTime, Health, type Micros } from '@webmacs/contracts'
import { type HealthChecks, SERVICE_VERSION } from '@webmacs/service-kit'

export interface HealthRoutesOptions {
  /** With the components `database` and `broker`. */
  readonly checks: HealthChecks
  /** Time of the newest reading; undefined when there is none, or none is known yet. */
  readonly newestReading: () => Micros | undefined
}

/** `/health` answers 200 also when degraded: it says that this process lives, and how the rest does. `/ready` is on the operations port. */
export const healthRoutes =
  ({ checks, newestReading }: HealthRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const startedAt = performance.now()
    const read = async (): Promise<Health> => {
      const { status, components } = await checks.run()
      const newest = newestReading()
      return {
        status,
        version: SERVICE_VERSION,
        database: stateOf(components.database),
        broker: stateOf(components.broker),
        last_datapoint: newest === undefined ? null : formatTime(newest),
        uptime_seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      }
    }
    for (const url of ['/health', `${API_BASE}/health`]) {
      app.get(
        url,
        {
          schema: {
            summary: 'Read how the system is',
            description: 'Answers 200 also when degraded; `status` tells.',
            tags: ['System'],
            response: { 200: Health },
          },
        },
        read,
      )
    }
  }

const stateOf = (report: string | undefined): 'ok' | 'error' => (report === 'ok' ? 'ok' : 'error')
