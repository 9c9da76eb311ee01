import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE reading_sources (
      source text NOT NULL,
      epoch text NOT NULL,
      committed int8multirange NOT NULL,
      updated_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT reading_sources_pkey PRIMARY KEY (source, epoch)
    )`.execute(db)
  await sql`COMMENT ON COLUMN reading_sources.committed IS 'sequence numbers dealt with; a gap is what is missing'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE reading_sources`.execute(db)
}
