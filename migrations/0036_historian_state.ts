import { type Kysely, sql } from 'kysely'

/** How far the historian has come with what it does behind the writers. One row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE historian_state (
      id bool NOT NULL DEFAULT true,
      closed_until timestamptz NOT NULL DEFAULT 'epoch',
      raw_from timestamptz NOT NULL DEFAULT 'epoch',
      minutes_from timestamptz NOT NULL DEFAULT 'epoch',
      CONSTRAINT historian_state_pkey PRIMARY KEY (id),
      CONSTRAINT historian_state_one CHECK (id)
    )`.execute(db)
  await sql`INSERT INTO historian_state DEFAULT VALUES`.execute(db)
  await sql`COMMENT ON COLUMN historian_state.closed_until IS 'coarse rollups exist for the hours before this moment; later ones are read from minutes'`.execute(
    db,
  )
  await sql`COMMENT ON COLUMN historian_state.raw_from IS 'datapoints before this moment were removed by retention'`.execute(
    db,
  )
  await sql`COMMENT ON COLUMN historian_state.minutes_from IS 'rollups finer than an hour before this moment were removed by retention'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE historian_state`.execute(db)
}
