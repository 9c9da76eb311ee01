import { type Kysely, sql } from 'kysely'

/** Partitioned by time; ingest makes the weekly partitions. Foreign keys are left out: they would be checked for each of 10⁵ rows a second. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE datapoints (
      ts timestamptz NOT NULL,
      value float8,
      event_id int NOT NULL,
      quality int2 NOT NULL DEFAULT 0
    ) PARTITION BY RANGE (ts)`.execute(db)
  await sql`CREATE UNIQUE INDEX ix_datapoints_event_ts ON datapoints (event_id, ts)`.execute(db)
  await sql`CREATE INDEX ix_datapoints_ts ON datapoints USING brin (ts)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE datapoints`.execute(db)
}
