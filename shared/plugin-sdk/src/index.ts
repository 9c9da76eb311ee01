export {
  type Channel,
  type ChannelDefinition,
  DATA_TYPES,
  type DataType,
  DIRECTIONS,
  type Direction,
  resolveChannels,
} from './channel.ts'
export { type Clock, systemClock } from './clock.ts'
export { type Conversion, toEngineering, toRaw } from './conversion.ts'
export { createDevice, type InstanceOptions } from './create-device.ts'
export {
  definePlugin,
  isPluginDefinition,
  NO_CONFIG,
  type PluginAuthoring,
  type PluginDefinition,
  type PluginMeta,
  SDK_API,
} from './definition.ts'
export { DevicePlugin } from './device-plugin.ts'
export type {
  DeviceContext,
  DeviceHealth,
  DeviceListener,
  DeviceState,
  DisconnectOptions,
  SafeStateResult,
  WriteResult,
} from './device-types.ts'
export {
  ConfigError,
  ConnectionError,
  DefinitionError,
  DeviceTimeoutError,
  hasPluginErrorCode,
  InvalidReadingError,
  InvalidValueError,
  NotWritableError,
  PluginError,
  type PluginErrorCode,
  UnknownChannelError,
  WrongStateError,
} from './errors.ts'
export { type PluginLog, type PluginLogFacts, silentLog } from './log.ts'
export { GOOD, type Quality, type QualityClass, type QualityReason, SENSOR_FAULT, SIMULATED } from './quality.ts'
export { type RandomSource, seededRandom } from './random.ts'
export { type DeviceReadings, type QualifiedValue, type RawValue, type Reading, sensorFault } from './reading.ts'
export { ChannelSimulation, SIMULATION_PROFILES, type Simulation, type SimulationProfile } from './simulation.ts'
export { Turns } from './turns.ts'
