import { type Kysely, sql } from 'kysely'

/** Deletions and repairs asked of the historian: made by the api, carried out by ingest a part at a time, so that they go on after a restart. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE historian_jobs (
      id bigint GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      kind text NOT NULL,
      state text NOT NULL DEFAULT 'waiting',
      event_ids int[],
      from_time timestamptz NOT NULL,
      to_time timestamptz NOT NULL,
      experiment_public_id text,
      expected int8,
      done int8 NOT NULL DEFAULT 0,
      position jsonb,
      error text,
      user_id int,
      created_on timestamptz NOT NULL DEFAULT now(),
      started_on timestamptz,
      ended_on timestamptz,
      CONSTRAINT historian_jobs_pkey PRIMARY KEY (id),
      CONSTRAINT historian_jobs_public_id_key UNIQUE (public_id),
      CONSTRAINT historian_jobs_kind_check CHECK (kind IN ('delete', 'repair')),
      CONSTRAINT historian_jobs_state_check CHECK (state IN ('waiting', 'running', 'done', 'failed')),
      CONSTRAINT historian_jobs_window_check CHECK (from_time < to_time),
      CONSTRAINT historian_jobs_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
    )`.execute(db)
  await sql`CREATE INDEX historian_jobs_open ON historian_jobs (id) WHERE state IN ('waiting', 'running')`.execute(db)
  await sql`COMMENT ON COLUMN historian_jobs.event_ids IS 'null: all events'`.execute(db)
  await sql`COMMENT ON COLUMN historian_jobs.done IS 'datapoints deleted, or rollups made anew'`.execute(db)
  await sql`COMMENT ON COLUMN historian_jobs.position IS 'how far the work has come'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE historian_jobs`.execute(db)
}
