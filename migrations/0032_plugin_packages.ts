import { type Kysely, sql } from 'kysely'

/** Uploaded packages; the files themselves lie in the object store, where controllers fetch them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE plugin_packages (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      package_name text NOT NULL,
      version text NOT NULL,
      plugin_ids text[] NOT NULL,
      file_size_bytes int NOT NULL,
      sha256 text NOT NULL,
      user_id int,
      installed_on timestamptz NOT NULL DEFAULT now(),
      updated_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT plugin_packages_pkey PRIMARY KEY (id),
      CONSTRAINT plugin_packages_public_id_key UNIQUE (public_id),
      CONSTRAINT plugin_packages_name_key UNIQUE (package_name),
      CONSTRAINT plugin_packages_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
    )`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE plugin_packages`.execute(db)
}
