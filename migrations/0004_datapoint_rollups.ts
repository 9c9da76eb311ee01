import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE datapoint_rollups (
      event_id int NOT NULL,
      resolution int NOT NULL,
      bucket timestamptz NOT NULL,
      count int8 NOT NULL,
      sum float8 NOT NULL,
      sum_sq float8 NOT NULL,
      min float8 NOT NULL,
      min_at timestamptz NOT NULL,
      max float8 NOT NULL,
      max_at timestamptz NOT NULL,
      first float8 NOT NULL,
      first_at timestamptz NOT NULL,
      last float8 NOT NULL,
      last_at timestamptz NOT NULL,
      CONSTRAINT datapoint_rollups_pkey PRIMARY KEY (event_id, resolution, bucket),
      CONSTRAINT datapoint_rollups_resolution_check CHECK (resolution IN (60, 600, 3600, 86400))
    ) WITH (fillfactor = 80)`.execute(db) // room for updates in place: a bucket is written again with each batch of its minute
  await sql`COMMENT ON COLUMN datapoint_rollups.resolution IS 'seconds that a bucket spans'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE datapoint_rollups`.execute(db)
}
