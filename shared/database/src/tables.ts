import type {
  ActorKind,
  ApiTokenId,
  ChannelSettings,
  CommandErrorCode,
  CommandId,
  CommandState,
  CommandTransition,
  DashboardId,
  Direction,
  DrivenBy,
  EventId,
  EventType,
  ExperimentId,
  ExportDelivery,
  ExportId,
  ExportSelection,
  ExportState,
  GapReason,
  HistorianJobId,
  HistorianJobKind,
  HistorianJobState,
  InstanceId,
  LogEntryId,
  MaintenanceTask,
  MappingId,
  Micros,
  PackageId,
  Role,
  UserId,
  UserSettings,
  WidgetId,
} from '@webmacs/contracts'
import type { ColumnType, Generated, GeneratedAlways, Insertable, Selectable, Updateable } from 'kysely'

/** `timestamptz`: read as microseconds since 1970, written as ISO 8601 text. */
type Moment = ColumnType<Micros, string, string>
/** A moment that the database sets when the row is made. */
type MadeOn = ColumnType<Micros, string | undefined, string>
type OptionalMoment = ColumnType<Micros | null, string | null | undefined, string | null>
/** `jsonb`: read as what it holds, written as JSON text. */
type Json<T> = ColumnType<T, string, string>

export interface UsersTable {
  id: GeneratedAlways<number>
  public_id: UserId
  email: string
  username: string
  password_hash: string | null
  role: Role
  sso_provider: string | null
  sso_subject_id: string | null
  registered_on: MadeOn
  updated_on: MadeOn
  deactivated_on: OptionalMoment
  settings: ColumnType<UserSettings, string | undefined, string>
  /** Sessions that began under a lower one have ended. */
  session_version: Generated<number>
  /** `jti` of the one session that outlives the last rise of `session_version`. */
  kept_session: string | null
}

export interface EventsTable {
  id: GeneratedAlways<number>
  public_id: EventId
  name: string
  min_value: number
  max_value: number
  unit: string
  type: EventType
  user_id: number | null
  created_on: MadeOn
  updated_on: MadeOn
  retired_on: OptionalMoment
  description: string | null
  area: string | null
  tags: Generated<string[]>
  /** Digits after the point on screens. */
  decimals: number | null
  /** Value as text → label. */
  value_labels: ColumnType<Record<string, string> | null, string | null | undefined, string | null>
  expected_interval_seconds: number | null
}

export interface DatapointsTable {
  ts: Moment
  value: number | null
  event_id: number
  quality: Generated<number>
}

export interface DatapointRollupsTable {
  event_id: number
  /** Seconds that a bucket spans. */
  resolution: number
  /** Start of the bucket. */
  bucket: Moment
  count: number
  sum: number
  sum_sq: number
  min: number
  min_at: Moment
  max: number
  max_at: Moment
  first: number
  first_at: Moment
  last: number
  last_at: Moment
}

export interface ExperimentsTable {
  id: GeneratedAlways<number>
  public_id: ExperimentId
  name: string
  started_on: OptionalMoment
  stopped_on: OptionalMoment
  user_id: number | null
  created_on: MadeOn
  updated_on: MadeOn
  /** Retention spares what was measured during it. */
  keep: Generated<boolean>
}

export interface ControllersTable {
  id: GeneratedAlways<number>
  /** The controller's name on the bus. */
  name: string
  created_on: MadeOn
  updated_on: MadeOn
}

export interface PluginInstancesTable {
  id: GeneratedAlways<number>
  public_id: InstanceId
  controller_id: number
  plugin_id: string
  instance_name: string
  demo_mode: boolean
  enabled: boolean
  config: Json<Record<string, unknown>>
  interval_ms: Generated<number>
  driven_by: Generated<DrivenBy>
  /** Channels that its device gets later become events too. */
  auto_create_events: Generated<boolean>
  /** Driver's ids of channels whose mapping somebody deleted: they get none by themselves. */
  removed_channels: Generated<string[]>
  user_id: number | null
  created_on: MadeOn
  updated_on: MadeOn
}

export interface ChannelMappingsTable {
  id: GeneratedAlways<number>
  public_id: MappingId
  instance_id: number
  channel_id: string
  channel_name: string
  direction: Direction
  unit: string
  event_id: number | null
  created_on: MadeOn
  settings: ColumnType<ChannelSettings, string | undefined, string>
}

export interface CommandsTable {
  id: GeneratedAlways<number>
  public_id: CommandId
  controller: string
  instance_public_id: InstanceId
  instance_name: string
  channel_id: string
  channel_name: string
  event_public_id: EventId | null
  unit: string
  value: number
  state: CommandState
  code: CommandErrorCode | null
  detail: string | null
  previous: number | null
  written: number | null
  clamped: Generated<boolean>
  readback: number | null
  actor_kind: ActorKind
  actor_id: string | null
  actor_name: string
  reason: string | null
  requested_on: Moment
  expires_on: Moment
  transitions: ColumnType<CommandTransition[], string | undefined, string>
}

export interface ReadingGapsTable {
  id: GeneratedAlways<number>
  source: string
  reason: GapReason
  from_time: Moment
  to_time: Moment
  instance_public_id: InstanceId | null
  event_public_ids: Generated<EventId[]>
  epoch: string | null
  first_seq: number | null
  last_seq: number | null
  recorded_on: MadeOn
}

export interface PluginPackagesTable {
  id: GeneratedAlways<number>
  public_id: PackageId
  package_name: string
  version: string
  plugin_ids: string[]
  file_size_bytes: number
  sha256: string
  user_id: number | null
  installed_on: MadeOn
  updated_on: MadeOn
}

export interface PluginPackagePartsTable {
  package_id: number
  part: number
  content: Buffer
}

export interface ReadingSourcesTable {
  source: string
  epoch: string
  /** Sequence numbers dealt with, as `int8multirange` text. */
  committed: string
  updated_on: MadeOn
}

export interface LogEntriesTable {
  id: GeneratedAlways<number>
  public_id: LogEntryId
  content: string
  logging_type: 'error' | 'warning' | 'info'
  status_type: 'read' | 'unread'
  user_id: number | null
  created_on: MadeOn
  updated_on: MadeOn
}

export interface ApiTokensTable {
  id: GeneratedAlways<number>
  public_id: ApiTokenId
  name: string
  /** SHA-256 of the whole token, in hex. */
  token_hash: string
  user_id: number
  expires_at: OptionalMoment
  last_used_at: OptionalMoment
  created_on: MadeOn
}

export interface DashboardsTable {
  id: GeneratedAlways<number>
  public_id: DashboardId
  name: string
  is_global: boolean
  user_id: number
  created_on: MadeOn
  updated_on: MadeOn
}

export interface DashboardWidgetsTable {
  id: GeneratedAlways<number>
  public_id: WidgetId
  dashboard_id: number
  widget_type: string
  title: string
  event_id: number | null
  x: number
  y: number
  w: number
  h: number
  config_json: string | null
  created_on: MadeOn
}

export interface ChangeOutboxTable {
  id: GeneratedAlways<number>
  time: MadeOn
  entity: string
  verb: string
  entity_id: string
  user_public_id: UserId | null
}

export interface IdempotencyKeysTable {
  user_id: number
  key: string
  /** SHA-256 of the body. */
  fingerprint: string
  /** Time given to readings that came without one. */
  stamp: Micros
  answer: Json<unknown> | null
  created_on: MadeOn
}

export interface RevokedTokensTable {
  jti: string
  expires_at: Moment
  revoked_on: MadeOn
}

export interface AuditLogTable {
  id: GeneratedAlways<number>
  time: MadeOn
  user_id: number | null
  entity: string
  entity_id: string
  action: string
  before: Json<unknown> | null
  after: Json<unknown> | null
  /** Public id of the API token that was used; null: a login. */
  token_id: string | null
}

export interface InstallationTable {
  key: string
  value: Json<unknown>
  created_on: MadeOn
}

/** One row. */
export interface HistorianStateTable {
  id: Generated<boolean>
  /** Coarse rollups exist for the hours before it. */
  closed_until: MadeOn
  /** Retention removed the datapoints before it. */
  raw_from: MadeOn
  /** Retention removed the rollups finer than an hour before it. */
  minutes_from: MadeOn
}

/** Hours whose coarse rollups are not right until they are made anew. */
export interface StaleRollupsTable {
  event_id: number
  hour: Moment
  times: Generated<number>
}

/** One row; null: for ever. */
export interface RetentionTable {
  id: Generated<boolean>
  raw_days: number | null
  minute_days: number | null
  updated_on: MadeOn
}

export interface HistorianJobsTable {
  id: GeneratedAlways<number>
  public_id: HistorianJobId
  kind: HistorianJobKind
  state: Generated<HistorianJobState>
  /** Null: all events. */
  event_ids: number[] | null
  from_time: Moment
  to_time: Moment
  experiment_public_id: ExperimentId | null
  /** Datapoints in the range when it was asked for. */
  expected: number | null
  /** Datapoints deleted, or rollups made anew. */
  done: Generated<number>
  /** How far the work has come. */
  position: Json<unknown> | null
  /** How often the part that follows was begun by a process that did not live to see its end. */
  attempts: Generated<number>
  error: string | null
  user_id: number | null
  created_on: MadeOn
  started_on: OptionalMoment
  ended_on: OptionalMoment
}

export interface MaintenanceRunsTable {
  id: GeneratedAlways<number>
  task: MaintenanceTask
  /** Which process: host and process id. */
  runner: string
  started_on: MadeOn
  ended_on: OptionalMoment
  counts: ColumnType<Record<string, number>, string | undefined, string>
  error: string | null
}

export interface EventStatisticsTable {
  event_id: number
  /** Stored with a value that is not bad. */
  datapoints: number
  /** Of them, measured in the 24 hours before. */
  last_day: number
  first_at: OptionalMoment
  last_at: OptionalMoment
}

/** One row. */
export interface HistorianStatisticsTable {
  id: Generated<boolean>
  datapoints: number
  datapoint_bytes: number
  rollup_bytes: number
  /** Null: not known where the database keeps its files. */
  disk_total_bytes: number | null
  disk_free_bytes: number | null
  measured_on: MadeOn
}

export interface ExportsTable {
  id: GeneratedAlways<number>
  public_id: ExportId
  user_id: number | null
  delivery: ExportDelivery
  state: ExportState
  selection: Json<ExportSelection>
  file_name: string
  /** SHA-256 of the key in its download link. */
  key_hash: string
  expected_rows: number | null
  rows: Generated<number>
  bytes: Generated<number>
  sha256: string | null
  error: string | null
  claimed_by: string | null
  claimed_until: OptionalMoment
  attempts: Generated<number>
  created_on: MadeOn
  started_on: OptionalMoment
  ended_on: OptionalMoment
  expires_on: Moment
}

/** Every table of the schema, as Kysely sees it. */
export interface Tables {
  users: UsersTable
  events: EventsTable
  datapoints: DatapointsTable
  datapoint_rollups: DatapointRollupsTable
  experiments: ExperimentsTable
  controllers: ControllersTable
  plugin_instances: PluginInstancesTable
  channel_mappings: ChannelMappingsTable
  reading_sources: ReadingSourcesTable
  reading_gaps: ReadingGapsTable
  commands: CommandsTable
  plugin_packages: PluginPackagesTable
  plugin_package_parts: PluginPackagePartsTable
  log_entries: LogEntriesTable
  revoked_tokens: RevokedTokensTable
  api_tokens: ApiTokensTable
  dashboards: DashboardsTable
  dashboard_widgets: DashboardWidgetsTable
  change_outbox: ChangeOutboxTable
  idempotency_keys: IdempotencyKeysTable
  audit_log: AuditLogTable
  installation: InstallationTable
  historian_state: HistorianStateTable
  stale_rollups: StaleRollupsTable
  retention: RetentionTable
  historian_jobs: HistorianJobsTable
  maintenance_runs: MaintenanceRunsTable
  event_statistics: EventStatisticsTable
  historian_statistics: HistorianStatisticsTable
  exports: ExportsTable
}

export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>
export type NewRow<Table extends keyof Tables> = Insertable<Tables[Table]>
export type RowChange<Table extends keyof Tables> = Updateable<Tables[Table]>
