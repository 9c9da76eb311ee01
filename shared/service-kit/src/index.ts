export { AddressList, addressesVariable, addressProblems, PRIVATE_NETWORKS } from './address-list.ts'
export {
  busEnvironment,
  ConfigError,
  databaseEnvironment,
  loadConfig,
  portVariable,
  redactConfig,
  serviceEnvironment,
} from './config.ts'
export { type HealthCheck, HealthChecks, type HealthReport } from './health.ts'
export { createLogger, type Logger } from './logger.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { type OpsServer, type OpsServerOptions, startOpsServer } from './ops-server.ts'
export {
  EXIT_CONFIG,
  type ReadyMessage,
  type RunningService,
  runService,
  type ServiceContext,
  type ServiceDefinition,
} from './run-service.ts'
export { SERVICE_VERSION } from './version.ts'
