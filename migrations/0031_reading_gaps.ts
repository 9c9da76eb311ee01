import { type Kysely, sql } from 'kysely'

/** The ledger of readings that will never come. Told twice, a gap stands here once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE reading_gaps (
      id bigint GENERATED ALWAYS AS IDENTITY,
      source text NOT NULL,
      reason text NOT NULL,
      from_time timestamptz NOT NULL,
      to_time timestamptz NOT NULL,
      instance_public_id text,
      event_public_ids text[] NOT NULL DEFAULT '{}',
      epoch text,
      first_seq bigint,
      last_seq bigint,
      recorded_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT reading_gaps_pkey PRIMARY KEY (id),
      CONSTRAINT reading_gaps_once UNIQUE NULLS NOT DISTINCT (source, reason, from_time, to_time, instance_public_id, epoch, first_seq)
    )`.execute(db)
  await sql`CREATE INDEX ix_reading_gaps_time ON reading_gaps (from_time, to_time)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE reading_gaps`.execute(db)
}
