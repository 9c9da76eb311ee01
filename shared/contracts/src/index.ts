export { RevokedToken, VerifiedCredential, VerifyCredential } from './bus/auth.ts'
export { Change } from './bus/changes.ts'
export { Calibration, ChannelSettings, MAX_INTERVAL_MS, MIN_INTERVAL_MS, OutputPolicy } from './bus/channel-settings.ts'
export {
  ACTOR_KINDS,
  type ActorKind,
  COMMAND_ERRORS,
  COMMAND_STATES,
  CommandActor,
  type CommandErrorCode,
  CommandReport,
  CommandRequest,
  CommandState,
  CommandTransition,
  DEFAULT_COMMAND_TTL_MS,
  isFinalState,
  isWrittenState,
  MAX_COMMAND_TTL_MS,
  ServerTime,
} from './bus/commands.ts'
export {
  ChannelDescription,
  ChannelValue,
  ControllerInventory,
  ControllerPulse,
  controllerKeys,
  DATA_TYPES,
  type DataType,
  DEFAULT_CONTROLLER,
  DescribeReply,
  DescribeRequest,
  DesiredInstance,
  type DesiredPackage,
  DesiredPackages,
  DesiredValveCycle,
  DIRECTIONS,
  Direction,
  INSTANCE_STATUSES,
  InstanceStatus,
  PluginDescription,
  PULSE_INTERVAL_MS,
  PULSE_TIMEOUT_MS,
  ReportedInstance,
  ReportedValveCycle,
  TestReply,
  TestRequest,
  VALVE_CYCLE_PHASES,
  ValuesReply,
  ValuesRequest,
  type ValveCyclePhase,
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
export { GAP_REASONS, GapReason, GapRecorded, ReportGap } from './bus/gaps.ts'
export {
  API_INSTANCES,
  apiSource,
  type BusNames,
  busNames,
  type ControllerVerb,
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
export { Command, CommandPage, CommandQuery, CreateCommand } from './http/commands.ts'
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
export { Gap, GapPage, GapQuery } from './http/gaps.ts'
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
  DRIVEN_BY,
  type DrivenBy,
  InstanceValues,
  MAX_CHANNELS,
  PackageSource,
  PackageUpload,
  PluginDetails,
  PluginInstance,
  PluginInstancePage,
  PluginPackage,
  PluginPackages,
  PluginTestResult,
  SECRET_PLACEHOLDER,
  TestPluginInstance,
  UpdateChannelMapping,
  UpdatePluginInstance,
  ValveCycle,
  ValveCycleSettings,
} from './http/plugins.ts'
export { API_TOKEN_PREFIX, ApiToken, ApiTokenPage, CreateApiToken, CreatedApiToken } from './http/tokens.ts'
export { CreateUser, Email, UpdateUser, User, UserPage, UserSettings } from './http/users.ts'
export {
  ApiTokenId,
  CommandId,
  DashboardId,
  EventId,
  ExperimentId,
  InstanceId,
  idOfBytes,
  LogEntryId,
  MappingId,
  newId,
  PackageId,
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
