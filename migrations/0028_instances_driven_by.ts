import { type Kysely, sql } from 'kysely'

/** Who drives an instance becomes a choice: controllers of WebMACS 2 know nothing of ours, and one device must not have two masters. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE plugin_instances
      ADD COLUMN driven_by text NOT NULL DEFAULT 'controller'
        CONSTRAINT plugin_instances_driven_by_check CHECK (driven_by IN ('controller', 'external')),
      ADD COLUMN auto_create_events boolean NOT NULL DEFAULT true
  `.execute(db)
  await sql`COMMENT ON COLUMN plugin_instances.auto_create_events IS 'channels that its device gets later become events too'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE plugin_instances DROP COLUMN driven_by, DROP COLUMN auto_create_events`.execute(db)
}
