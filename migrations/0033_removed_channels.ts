import { type Kysely, sql } from 'kysely'

/** Channels are mapped as controllers report them; what somebody deleted must not come back by itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE plugin_instances ADD COLUMN removed_channels text[] NOT NULL DEFAULT '{}'`.execute(db)
  await sql`COMMENT ON COLUMN plugin_instances.removed_channels IS 'channels whose mapping somebody deleted: they get none by themselves'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE plugin_instances DROP COLUMN removed_channels`.execute(db)
}
