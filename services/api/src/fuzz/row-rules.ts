import type { Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'

/** Statements that find rows which no sequence of requests may leave behind; by what is wrong with them. */
const RULES: Readonly<Record<string, string>> = {
  'an event with an empty range': `SELECT public_id FROM events WHERE NOT min_value <= max_value`,
  'an event whose creator is unknown': `SELECT public_id FROM events WHERE user_id NOT IN (SELECT id FROM users)`,
  'a label that is blank': `
    SELECT public_id FROM events, jsonb_each_text(value_labels) WHERE jsonb_typeof(value_labels) = 'object' AND value !~ '\\S'`,
  'labels that are no object': `SELECT public_id FROM events WHERE jsonb_typeof(value_labels) NOT IN ('object', 'null')`,
  'a retired event that is still linked': `
    SELECT channel_id FROM channel_mappings JOIN events ON events.id = event_id WHERE retired_on IS NOT NULL`,
  'a retired event on a dashboard': `
    SELECT title FROM dashboard_widgets JOIN events ON events.id = event_id WHERE retired_on IS NOT NULL`,
  'two running experiments': `
    SELECT count(*) FROM experiments WHERE started_on IS NOT NULL AND stopped_on IS NULL HAVING count(*) > 1`,
  'an experiment that ends before it begins': `SELECT name FROM experiments WHERE NOT stopped_on >= started_on`,
  'a configuration that is no object': `SELECT public_id FROM plugin_instances WHERE jsonb_typeof(config) <> 'object'`,
  'no admin': `SELECT 1 WHERE NOT EXISTS (SELECT FROM users WHERE role = 'admin' AND deactivated_on IS NULL)`,
  'a password that is none': `SELECT public_id FROM users WHERE password_hash !~ '^\\$argon2id\\$'`,
  'a dashboard of a user who is gone': `
    SELECT dashboards.public_id FROM dashboards JOIN users ON users.id = user_id WHERE deactivated_on IS NOT NULL`,
  'an API token of a user who is gone': `
    SELECT api_tokens.public_id FROM api_tokens JOIN users ON users.id = user_id WHERE deactivated_on IS NOT NULL`,
  'a version before its making': `SELECT public_id FROM events WHERE updated_on < created_on`,
  'a thing that was made without an audit entry': `
    SELECT public_id FROM (
      SELECT public_id, created_on FROM events UNION ALL SELECT public_id, created_on FROM experiments
      UNION ALL SELECT public_id, created_on FROM plugin_instances UNION ALL SELECT public_id, created_on FROM dashboards
      UNION ALL SELECT public_id, created_on FROM api_tokens
    ) AS thing WHERE created_on > $1 AND public_id NOT IN (SELECT entity_id FROM audit_log)`,
  'an audit entry of a thing that neither is nor was removed': `
    SELECT entity, entity_id FROM audit_log WHERE entity <> 'datapoint' AND entity_id NOT IN (
      SELECT public_id FROM events UNION ALL SELECT public_id FROM experiments UNION ALL SELECT public_id FROM users
      UNION ALL SELECT public_id FROM plugin_instances UNION ALL SELECT public_id FROM channel_mappings
      UNION ALL SELECT public_id FROM dashboards UNION ALL SELECT public_id FROM dashboard_widgets
      UNION ALL SELECT public_id FROM api_tokens UNION ALL SELECT public_id FROM log_entries
      UNION ALL SELECT key FROM installation UNION ALL SELECT 'retention' UNION ALL SELECT public_id FROM historian_jobs
    ) AND NOT EXISTS ( -- a part that went with its whole
      SELECT FROM audit_log whole WHERE whole.entity_id = audit_log.after->>'instance' AND whole.after IS NULL
    ) GROUP BY entity, entity_id HAVING bool_and(after IS NOT NULL)`,
  'an audit entry that holds a secret': `
    SELECT entity_id FROM audit_log WHERE concat(before, after) ~ 'argon2|token_hash|password_hash|"password"'`,
}

interface Column {
  readonly table_name: string
  readonly column_name: string
  readonly data_type: string
}

/** @returns what is wrong with the rows of the database, as sentences @param since when the requests began, ISO 8601 */
export async function brokenRows(db: Kysely<Tables>, since: string): Promise<string[]> {
  const broken: string[] = []
  const look = async (what: string, statement: string): Promise<void> => {
    const [before = '', after] = statement.split('$1')
    const query =
      after === undefined ? sql.raw(statement) : sql`${sql.raw(before)}${since}::timestamptz${sql.raw(after)}`
    const { rows } = await query.execute(db)
    if (rows.length > 0) broken.push(`${what}: ${JSON.stringify(rows.slice(0, 3))} (${rows.length})`)
  }
  for (const [what, statement] of Object.entries(RULES)) await look(what, statement)
  for (const { table_name: table, column_name: column, data_type: type } of await columns(db)) {
    const where = `"${table}"."${column}"`
    if (type === 'double precision') {
      await look(`${where} is not finite`, `SELECT 1 FROM "${table}" WHERE abs("${column}") IN ('Infinity', 'NaN')`)
    } else if (/^(.*name|unit|title|content|area|channel_id|plugin_id)$/.test(column)) {
      await look(`${where} is blank`, `SELECT "${column}" FROM "${table}" WHERE "${column}" !~ '\\S'`)
      await look(`${where} was garbled`, `SELECT "${column}" FROM "${table}" WHERE "${column}" ~ U&'\\FFFD'`)
    }
  }
  return broken
}

async function columns(db: Kysely<Tables>): Promise<Column[]> {
  const { rows } = await sql<Column>`
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = current_schema() AND data_type IN ('double precision', 'text')
      AND table_name NOT LIKE 'kysely%' AND table_name !~ '_p?[0-9]'`.execute(db)
  return rows
}
