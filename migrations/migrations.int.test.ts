import { randomBytes } from 'node:crypto'
import { type Database, openDatabase, type Tables } from '@webmacs/database'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { runDatabaseCommand, UsageError } from './cli.ts'
import { migrateToLatest } from './migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string
  }
}

const name = `webmacs_migrations_${randomBytes(4).toString('hex')}`
let url: string
let database: Database

beforeAll(async () => {
  await onServer(`CREATE DATABASE ${name}`)
  const target = new URL(inject('databaseUrl'))
  target.pathname = `/${name}`
  url = target.href
  database = openDatabase({ url, maxConnections: 2, applicationName: 'test' })
})

afterAll(async () => {
  await database.close()
  await onServer(`DROP DATABASE ${name} WITH (FORCE)`)
})

async function onServer(statement: string): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('databaseUrl') })
  await admin.connect()
  await admin.query(statement)
  await admin.end()
}

async function run(...args: string[]): Promise<string[]> {
  const lines: string[] = []
  await runDatabaseCommand(args, url, (line) => lines.push(...line.split('\n')))
  return lines
}

/** Columns of each table, as the code's types name them: what stands here and what the migrations make must be the same. */
const COLUMNS: { readonly [Table in keyof Tables]: readonly (keyof Tables[Table])[] } = {
  users: [
    ...(['id', 'public_id', 'email', 'username', 'password_hash', 'role', 'sso_provider', 'sso_subject_id'] as const),
    ...(['registered_on', 'updated_on', 'deactivated_on'] as const),
    ...(['settings', 'session_version', 'kept_session'] as const),
  ],
  events: [
    ...(['id', 'public_id', 'name', 'min_value', 'max_value', 'unit', 'type', 'user_id'] as const),
    ...(['created_on', 'updated_on', 'retired_on'] as const),
    ...(['description', 'area', 'tags', 'decimals', 'value_labels', 'expected_interval_seconds'] as const),
  ],
  datapoints: ['ts', 'value', 'event_id', 'quality'],
  datapoint_rollups: [
    ...(['event_id', 'resolution', 'bucket', 'count', 'sum', 'sum_sq'] as const),
    ...(['min', 'min_at', 'max', 'max_at', 'first', 'first_at', 'last', 'last_at'] as const),
  ],
  experiments: ['keep', 'id', 'public_id', 'name', 'started_on', 'stopped_on', 'user_id', 'created_on', 'updated_on'],
  controllers: ['id', 'name', 'created_on', 'updated_on'],
  plugin_instances: [
    ...(['id', 'public_id', 'controller_id', 'plugin_id', 'instance_name', 'demo_mode', 'enabled'] as const),
    ...(['config', 'interval_ms', 'user_id', 'created_on', 'updated_on'] as const),
    ...(['driven_by', 'auto_create_events', 'removed_channels'] as const),
  ],
  channel_mappings: [
    ...(['id', 'public_id', 'instance_id', 'channel_id', 'channel_name', 'direction', 'unit', 'event_id'] as const),
    ...(['created_on', 'settings'] as const),
  ],
  commands: [
    ...(['id', 'public_id', 'controller', 'instance_public_id', 'instance_name', 'channel_id'] as const),
    ...(['channel_name', 'event_public_id', 'unit', 'value', 'state', 'code', 'detail'] as const),
    ...(['previous', 'written', 'clamped', 'readback', 'actor_kind', 'actor_id', 'actor_name'] as const),
    ...(['reason', 'requested_on', 'expires_on', 'transitions'] as const),
  ],
  reading_gaps: [
    ...(['id', 'source', 'reason', 'from_time', 'to_time', 'instance_public_id', 'event_public_ids'] as const),
    ...(['epoch', 'first_seq', 'last_seq', 'recorded_on'] as const),
  ],
  plugin_packages: [
    ...(['id', 'public_id', 'package_name', 'version', 'plugin_ids', 'file_size_bytes'] as const),
    ...(['sha256', 'user_id', 'installed_on', 'updated_on'] as const),
  ],
  plugin_package_parts: ['package_id', 'part', 'content'],
  reading_sources: ['source', 'epoch', 'committed', 'updated_on'],
  log_entries: ['id', 'public_id', 'content', 'logging_type', 'status_type', 'user_id', 'created_on', 'updated_on'],
  api_tokens: [
    ...(['id', 'public_id', 'name', 'token_hash', 'user_id'] as const),
    ...(['expires_at', 'last_used_at', 'created_on'] as const),
  ],
  dashboards: ['id', 'public_id', 'name', 'is_global', 'user_id', 'created_on', 'updated_on'],
  dashboard_widgets: [
    ...(['id', 'public_id', 'dashboard_id', 'widget_type', 'title', 'event_id'] as const),
    ...(['x', 'y', 'w', 'h', 'config_json', 'created_on'] as const),
  ],
  change_outbox: ['id', 'time', 'entity', 'verb', 'entity_id', 'user_public_id'],
  idempotency_keys: ['user_id', 'key', 'fingerprint', 'stamp', 'answer', 'created_on'],
  revoked_tokens: ['jti', 'expires_at', 'revoked_on'],
  audit_log: ['id', 'time', 'user_id', 'entity', 'entity_id', 'action', 'before', 'after', 'token_id'],
  installation: ['key', 'value', 'created_on'],
  historian_state: ['id', 'closed_until', 'raw_from', 'minutes_from'],
  stale_rollups: ['event_id', 'hour', 'times'],
  retention: ['id', 'raw_days', 'minute_days', 'updated_on'],
  historian_jobs: [
    ...(['id', 'public_id', 'kind', 'state', 'event_ids', 'from_time', 'to_time', 'experiment_public_id'] as const),
    ...([
      'expected',
      'done',
      'position',
      'attempts',
      'error',
      'user_id',
      'created_on',
      'started_on',
      'ended_on',
    ] as const),
  ],
  maintenance_runs: ['id', 'task', 'runner', 'started_on', 'ended_on', 'counts', 'error'],
  event_statistics: ['event_id', 'datapoints', 'last_day', 'first_at', 'last_at'],
  historian_statistics: [
    ...(['id', 'datapoints', 'datapoint_bytes', 'rollup_bytes'] as const),
    ...(['disk_total_bytes', 'disk_free_bytes', 'measured_on'] as const),
  ],
  exports: [
    ...(['id', 'public_id', 'user_id', 'delivery', 'state', 'selection', 'file_name', 'key_hash'] as const),
    ...(['expected_rows', 'rows', 'bytes', 'sha256', 'error', 'claimed_by', 'claimed_until', 'attempts'] as const),
    ...(['created_on', 'started_on', 'ended_on', 'expires_on'] as const),
  ],
}

test('builds the schema that the code knows, undoes it all, and builds it again', async () => {
  expect((await migrateToLatest(url)).length).toBeGreaterThanOrEqual(13)
  const { rows } = await sql<{ table: string; columns: string[] }>`
    SELECT table_name AS table, array_agg(column_name::text ORDER BY column_name) AS columns FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE 'kysely%' GROUP BY table_name
  `.execute(database.db)
  const found = Object.fromEntries(rows.map(({ table, columns }) => [table, columns]))
  const expected = Object.fromEntries(Object.entries(COLUMNS).map(([table, columns]) => [table, [...columns].sort()]))
  expect(found).toEqual(expected)

  const applied = (await run('status')).length
  for (let undone = 0; undone < applied; undone++) expect(await run('down')).toHaveLength(1)
  const { rows: left } =
    await sql`SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'kysely%'`.execute(database.db)
  expect(left).toEqual([])
  expect(await run('up')).toHaveLength(applied)
  expect(await run('up')).toEqual(['up to date'])
})

test('lets two callers migrate at once', async () => {
  await run('down', '0001_users')
  const [first, second] = await Promise.all([migrateToLatest(url), migrateToLatest(url)])
  expect(first.length + second.length).toBeGreaterThan(0)
  expect((await run('status')).filter((line) => line.startsWith('pending'))).toEqual([])
})

test('stamps without running', async () => {
  await run('down', '0001_users')
  expect(await run('stamp', '0002_events')).toEqual(['stamped  0002_events'])
  await sql`DELETE FROM kysely_migration WHERE name = '0002_events'`.execute(database.db)
  expect(await run('up')).toContain('up    0002_events')
})

test.each([
  { args: [] as string[], problem: 'Which command?' },
  { args: ['sideways'], problem: '"sideways" is no command' },
  { args: ['stamp'], problem: 'Stamp up to which' },
  { args: ['stamp', '9999_nothing'], problem: 'no migration "9999_nothing"' },
])('says what is wrong with $args', async ({ args, problem }) => {
  await expect(run(...args)).rejects.toThrow(UsageError)
  await expect(run(...args)).rejects.toThrow(problem)
})
