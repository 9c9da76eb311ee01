export { RevokedToken, VerifiedCredential, VerifyCredential } from './bus/auth.ts'
export { Change } from './bus/changes.ts'
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
  API_INSTANCES,
  apiSource,
  type BusNames,
  busNames,
  DEFAULT_PREFIX,
  type DeadOrigin,
  type HistorianVerb,
  SUBJECT_TOKEN,
} from './bus/subjects.ts'
export {
  DeleteDatapoint,
  DeletedDatapoints,
  MAX_IDEMPOTENCY_KEY,
  RunningExperiment,
  TelemetryBatch,
} from './bus/telemetry.ts'
export { AppError, type AppErrorOptions, ERRORS, type ErrorCode, FieldError, Problem } from './errors.ts'
export { ACCESS, type Access, type AccessKey, accessKey } from './http/access.ts'
export { AuditEntry, AuditPage, AuditQuery } from './http/audit.ts'
export { LoginRequest, LoginResponse, SsoConfig, TokenClaims } from './http/auth.ts'
export { API_BASE, MAX_PAGE_SIZE, Page, type PageOf, pageOf, Success, success } from './http/common.ts'
export {
  CreateDashboard,
  CreateWidget,
  Dashboard,
  DashboardPage,
  GRID_COLUMNS,
  MAX_WIDGETS,
  UpdateDashboard,
  UpdateWidget,
  WIDGET_TYPES,
  Widget,
  WidgetType,
} from './http/dashboards.ts'
export {
  Datapoint,
  DatapointPage,
  DatapointsCreated,
  LatestDatapoints,
  MAX_BATCH_SIZE,
  NewDatapoint,
  NewDatapoints,
  REJECTION_CODES,
  RejectedDatapoint,
  type RejectionCode,
  SeriesRequest,
  SeriesResponse,
  TelemetryOutcome,
} from './http/datapoints.ts'
export { CreateEvent, EVENT_TYPES, Event, EventPage, EventType, UpdateEvent } from './http/events.ts'
export { CreateExperiment, Experiment, ExperimentPage, UpdateExperiment } from './http/experiments.ts'
export { Health } from './http/health.ts'
export {
  CreateLogEntry,
  LOGGING_TYPES,
  LogEntry,
  LogEntryPage,
  type LoggingType,
  STATUS_TYPES,
  type StatusType,
  UpdateLogEntry,
} from './http/logging.ts'
export {
  AvailablePlugin,
  AvailablePlugins,
  ChannelMapping,
  ChannelMappings,
  CreateChannelMapping,
  CreatePluginInstance,
  MAX_CHANNELS,
  PluginInstance,
  PluginInstancePage,
  SECRET_PLACEHOLDER,
  UpdateChannelMapping,
  UpdatePluginInstance,
} from './http/plugins.ts'
export { API_TOKEN_PREFIX, ApiToken, ApiTokenPage, CreateApiToken, CreatedApiToken } from './http/tokens.ts'
export { CreateUser, Email, UpdateUser, User, UserPage, UserSettings } from './http/users.ts'
export {
  ApiTokenId,
  DashboardId,
  EventId,
  ExperimentId,
  InstanceId,
  LogEntryId,
  MappingId,
  newId,
  type PublicId,
  UserId,
  WidgetId,
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
  AUTH_DEADLINE_MS,
  CLOSE,
  CLOSE_REASON,
  SOCKET_PROTOCOL,
  SOCKET_TOKEN_PROTOCOL,
  SocketAuth,
  STREAM_HEARTBEAT_MS,
  STREAM_PATH,
  StreamDatapoint,
  StreamFault,
  StreamMessage,
  StreamPing,
  StreamRequest,
  StreamSubscribe,
  TELEMETRY_PATH,
  TelemetryAnswer,
  TelemetryMessage,
} from './stream.ts'
export { formatTime, type Micros, nowMicros, parseMoment, parseTime, Timestamp } from './time.ts'
