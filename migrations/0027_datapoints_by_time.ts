import { type Kysely, sql } from 'kysely'

/**
 * The newest datapoints of all events are asked for as they lie in this index. A BRIN over the time knows nothing of what was written since
 * the last vacuum, and so had to look through all of that, 10⁵ rows and more, for each page.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX ix_datapoints_ts`.execute(db)
  await sql`CREATE INDEX ix_datapoints_ts ON datapoints (ts)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX ix_datapoints_ts`.execute(db)
  await sql`CREATE INDEX ix_datapoints_ts ON datapoints USING brin (ts)`.execute(db)
}
