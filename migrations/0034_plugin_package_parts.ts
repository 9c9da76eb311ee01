import { type Kysely, sql } from 'kysely'

/** The files of uploaded packages, in parts that fit into memory: from here the broker's object store gets them, again when it lost them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE plugin_package_parts (
      package_id int NOT NULL,
      part int NOT NULL,
      content bytea NOT NULL,
      CONSTRAINT plugin_package_parts_pkey PRIMARY KEY (package_id, part),
      CONSTRAINT plugin_package_parts_package_fkey FOREIGN KEY (package_id) REFERENCES plugin_packages (id) ON DELETE CASCADE
    )`.execute(db)
  // They are compressed already.
  await sql`ALTER TABLE plugin_package_parts ALTER COLUMN content SET STORAGE EXTERNAL`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE plugin_package_parts`.execute(db)
}
