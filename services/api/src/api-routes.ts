import type { TokenKey } from '@webmacs/auth'
import type { Tables } from '@webmacs/database'
import type { FastifyPluginAsync } from 'fastify'
import type { Kysely } from 'kysely'
import { auditRoutes } from './audit/routes.ts'
import type { LoginThrottle } from './auth/login-throttle.ts'
import type { Revocations } from './auth/revocations.ts'
import { authRoutes } from './auth/routes.ts'
import type { Broker } from './broker.ts'
import type { Changes } from './changes/changes.ts'
import type { CommandDispatcher } from './commands/dispatcher.ts'
import { commandRoutes } from './commands/routes.ts'
import { dashboardRoutes } from './dashboards/routes.ts'
import { widgetRoutes } from './dashboards/widget-routes.ts'
import type { LastValues } from './datapoints/last-values.ts'
import { datapointRoutes } from './datapoints/routes.ts'
import { deletionRoutes } from './deletions/routes.ts'
import { eventRoutes } from './events/routes.ts'
import { experimentRoutes } from './experiments/routes.ts'
import { gapRoutes } from './gaps/routes.ts'
import { historianRoutes } from './historian/routes.ts'
import { loggingRoutes } from './logging/routes.ts'
import { packageRoutes } from './packages/routes.ts'
import type { ControllerStates } from './plugins/controller-states.ts'
import { deviceRoutes } from './plugins/device-routes.ts'
import { mappingRoutes } from './plugins/mapping-routes.ts'
import { pluginRoutes } from './plugins/routes.ts'
import { seriesRoutes } from './series/routes.ts'
import type { TelemetryIntake } from './telemetry/intake.ts'
import { telemetryRoutes } from './telemetry/routes.ts'
import { tokenRoutes } from './tokens/routes.ts'
import { userRoutes } from './users/routes.ts'
import { valveCycleRoutes } from './valve-cycle/routes.ts'

/** What the routes are made of; each takes what it needs. */
export interface ApiParts {
  readonly db: Kysely<Tables>
  readonly changes: Changes
  readonly broker: Broker
  readonly key: TokenKey
  readonly tokenLifetimeMinutes: number
  readonly throttle: LoginThrottle
  readonly revocations: Revocations
  readonly lastValues: LastValues
  readonly intake: TelemetryIntake
  readonly states: ControllerStates
  readonly commands: CommandDispatcher
  /** Event of the valve for as long as nobody has set the valve cycle up. */
  readonly initialValve: string | undefined
}

/** Every resource below `/api/v1`. */
export const apiRoutes =
  (parts: ApiParts): FastifyPluginAsync =>
  async (api) => {
    await api.register(authRoutes(parts))
    await api.register(userRoutes(parts))
    await api.register(tokenRoutes(parts))
    await api.register(eventRoutes(parts))
    await api.register(experimentRoutes(parts))
    await api.register(datapointRoutes(parts))
    await api.register(deletionRoutes(parts))
    await api.register(seriesRoutes(parts))
    await api.register(historianRoutes(parts))
    await api.register(gapRoutes(parts))
    await api.register(telemetryRoutes(parts))
    await api.register(loggingRoutes(parts))
    await api.register(dashboardRoutes(parts))
    await api.register(widgetRoutes(parts))
    await api.register(pluginRoutes(parts))
    await api.register(deviceRoutes(parts))
    await api.register(mappingRoutes(parts))
    await api.register(commandRoutes(parts))
    await api.register(packageRoutes(parts))
    await api.register(valveCycleRoutes(parts))
    await api.register(auditRoutes(parts))
  }
