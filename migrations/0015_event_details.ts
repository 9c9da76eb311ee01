import { type Kysely, sql } from 'kysely'

/** What people need to group, read and judge a signal. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE events
      ADD COLUMN description text,
      ADD COLUMN area text,
      ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
      ADD COLUMN decimals int2,
      ADD COLUMN value_labels jsonb,
      ADD COLUMN expected_interval_seconds float8,
      ADD CONSTRAINT events_decimals_check CHECK (decimals BETWEEN 0 AND 10),
      ADD CONSTRAINT events_expected_interval_check CHECK (expected_interval_seconds > 0)`.execute(db)
  await sql`COMMENT ON COLUMN events.decimals IS 'digits after the point on screens'`.execute(db)
  await sql`COMMENT ON COLUMN events.value_labels IS 'value as text -> label, for example {"0": "closed", "1": "open"}'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE events
      DROP COLUMN description,
      DROP COLUMN area,
      DROP COLUMN tags,
      DROP COLUMN decimals,
      DROP COLUMN value_labels,
      DROP COLUMN expected_interval_seconds`.execute(db)
}
