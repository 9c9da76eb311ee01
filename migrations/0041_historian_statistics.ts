import { type Kysely, sql } from 'kysely'

/** What the historian holds, measured by maintenance: counting it for each question would read it all. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE event_statistics (
      event_id int NOT NULL,
      datapoints int8 NOT NULL,
      last_day int8 NOT NULL,
      first_at timestamptz,
      last_at timestamptz,
      CONSTRAINT event_statistics_pkey PRIMARY KEY (event_id)
    )`.execute(db)
  await sql`COMMENT ON COLUMN event_statistics.datapoints IS 'stored with a value that is not bad'`.execute(db)
  await sql`COMMENT ON COLUMN event_statistics.last_day IS 'of them, measured in the 24 hours before'`.execute(db)
  await sql`
    CREATE TABLE historian_statistics (
      id bool NOT NULL DEFAULT true,
      datapoints int8 NOT NULL,
      datapoint_bytes int8 NOT NULL,
      rollup_bytes int8 NOT NULL,
      disk_total_bytes int8,
      disk_free_bytes int8,
      measured_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT historian_statistics_pkey PRIMARY KEY (id),
      CONSTRAINT historian_statistics_one CHECK (id)
    )`.execute(db)
  await sql`COMMENT ON COLUMN historian_statistics.disk_free_bytes IS 'null: not known where the database keeps its files'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE historian_statistics`.execute(db)
  await sql`DROP TABLE event_statistics`.execute(db)
}
