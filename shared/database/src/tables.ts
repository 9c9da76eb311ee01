import type {
  Direction,
  EventId,
  EventType,
  ExperimentId,
  InstanceId,
  MappingId,
  Micros,
  Role,
  UserId,
} from '@webmacs/contracts'
import type { ColumnType, Generated, GeneratedAlways, Insertable, Selectable, Updateable } from 'kysely'

/** `timestamptz`: read as microseconds since 1970, written as ISO 8601 text. */
type Moment = ColumnType<Micros, string, string>
/** A moment that the database sets when the row is made. */
type MadeOn = ColumnType<Micros, string | undefined, string>
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
  deactivated_on: ColumnType<Micros | null, string | null | undefined, string | null>
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
  retired_on: ColumnType<Micros | null, string | null | undefined, string | null>
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
  started_on: ColumnType<Micros | null, string | null | undefined, string | null>
  stopped_on: ColumnType<Micros | null, string | null | undefined, string | null>
  user_id: number | null
  created_on: MadeOn
  updated_on: MadeOn
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
  public_id: string
  content: string
  logging_type: 'error' | 'warning' | 'info'
  status_type: 'read' | 'unread'
  user_id: number | null
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
}

export interface InstallationTable {
  key: string
  value: Json<unknown>
  created_on: MadeOn
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
  log_entries: LogEntriesTable
  revoked_tokens: RevokedTokensTable
  audit_log: AuditLogTable
  installation: InstallationTable
}

export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>
export type NewRow<Table extends keyof Tables> = Insertable<Tables[Table]>
export type RowChange<Table extends keyof Tables> = Updateable<Tables[Table]>
