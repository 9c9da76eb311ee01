import { type Kysely, sql } from 'kysely'

/**
 * The index by time cost up to 22 bytes a datapoint and a fifth of the writer's time. Lists find their place through the rollups' counts
 * instead, and what reads whole stretches of time goes by this one, which is a few kilobytes a week.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX ix_datapoints_ts`.execute(db)
  await sql`CREATE INDEX ix_datapoints_ts ON datapoints USING brin (ts) WITH (autosummarize = on)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX ix_datapoints_ts`.execute(db)
  await sql`CREATE INDEX ix_datapoints_ts ON datapoints (ts)`.execute(db)
}
