import { type Kysely, sql } from 'kysely'

/** How long measured data is kept. One row, written by the api; null means for ever. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE retention (
      id bool NOT NULL DEFAULT true,
      raw_days int,
      minute_days int,
      updated_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT retention_pkey PRIMARY KEY (id),
      CONSTRAINT retention_one CHECK (id),
      CONSTRAINT retention_days_check CHECK (raw_days >= 1 AND minute_days >= 1),
      CONSTRAINT retention_order_check CHECK (minute_days IS NULL OR (raw_days IS NOT NULL AND raw_days <= minute_days))
    )`.execute(db)
  await sql`INSERT INTO retention DEFAULT VALUES`.execute(db)
  await sql`ALTER TABLE experiments ADD COLUMN keep bool NOT NULL DEFAULT false`.execute(db)
  await sql`COMMENT ON COLUMN experiments.keep IS 'retention spares what was measured during it'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE experiments DROP COLUMN keep`.execute(db)
  await sql`DROP TABLE retention`.execute(db)
}
