export { Change, RevokedToken } from './bus/changes.ts'
export {
  ChannelDescription,
  ControllerInventory,
  ControllerPulse,
  controllerKeys,
  DEFAULT_CONTROLLER,
  DesiredInstance,
  DIRECTIONS,
  Direction,
  INSTANCE_STATUSES,
  InstanceStatus,
  PluginDescription,
  PULSE_INTERVAL_MS,
  PULSE_TIMEOUT_MS,
  ReportedInstance,
} from './bus/controllers.ts'
export {
  DEAD_REASONS,
  DeadReadings,
  type DeadReason,
  Frame,
  FrameMessage,
  MAX_FRAME_MESSAGE_BYTES,
  SequenceRange,
  Watermark,
  WatermarkRequest,
} from './bus/frames.ts'
export {
  type BusNames,
  busNames,
  DEFAULT_PREFIX,
  type DeadOrigin,
  type HistorianVerb,
  SUBJECT_TOKEN,
} from './bus/subjects.ts'
export { AppError, type AppErrorOptions, ERRORS, type ErrorCode, FieldError, Problem } from './errors.ts'
export { Email, LoginRequest, LoginResponse, TokenClaims, User } from './http/auth.ts'
export { API_BASE, Page, type PageOf, pageOf, Success, success } from './http/common.ts'
export { Datapoint, DatapointPage, SeriesRequest, SeriesResponse } from './http/datapoints.ts'
export { CreateEvent, EVENT_TYPES, Event, EventPage, EventType, UpdateEvent } from './http/events.ts'
export { Health } from './http/health.ts'
export {
  AvailablePlugin,
  AvailablePlugins,
  ChannelMapping,
  PluginInstance,
  PluginInstancePage,
} from './http/plugins.ts'
export {
  EventId,
  ExperimentId,
  InstanceId,
  type LogEntryId,
  MappingId,
  newId,
  type PublicId,
  UserId,
} from './ids.ts'
export {
  decodeQuality,
  encodeQuality,
  GOOD,
  isBad,
  QUALITY_CLASSES,
  QUALITY_REASONS,
  type QualityBits,
  type QualityClass,
  type QualityReason,
  type QualityWord,
  QualityWords,
} from './quality.ts'
export { mayActAs, ROLES, Role } from './roles.ts'
export {
  CLOSE,
  STREAM_HEARTBEAT_MS,
  STREAM_PATH,
  StreamDatapoint,
  StreamFault,
  StreamMessage,
  StreamPing,
  StreamRequest,
  StreamSubscribe,
} from './stream.ts'
export { formatTime, type Micros, nowMicros, parseTime, Timestamp } from './time.ts'
