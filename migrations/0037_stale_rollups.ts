import { type Kysely, sql } from 'kysely'

/** Hours whose coarse rollups are not right: readings came late, or were deleted. Until they are made anew, minutes are read instead. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE stale_rollups (
      event_id int NOT NULL,
      hour timestamptz NOT NULL,
      times int8 NOT NULL DEFAULT 1,
      CONSTRAINT stale_rollups_pkey PRIMARY KEY (event_id, hour)
    )`.execute(db)
  await sql`COMMENT ON COLUMN stale_rollups.times IS 'rises with each writer, so that one who makes the hour anew waits for those under way'`.execute(
    db,
  )
  // Four hours: between an hour and a day a chart of a year would read six times the rows.
  await sql`ALTER TABLE datapoint_rollups DROP CONSTRAINT datapoint_rollups_resolution_check`.execute(db)
  await sql`
    ALTER TABLE datapoint_rollups ADD CONSTRAINT datapoint_rollups_resolution_check
      CHECK (resolution IN (60, 600, 3600, 14400, 86400))`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DELETE FROM datapoint_rollups WHERE resolution = 14400`.execute(db)
  await sql`ALTER TABLE datapoint_rollups DROP CONSTRAINT datapoint_rollups_resolution_check`.execute(db)
  await sql`
    ALTER TABLE datapoint_rollups ADD CONSTRAINT datapoint_rollups_resolution_check
      CHECK (resolution IN (60, 600, 3600, 86400))`.execute(db)
  await sql`DROP TABLE stale_rollups`.execute(db)
}
