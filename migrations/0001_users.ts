import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE users (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      email text NOT NULL,
      username text NOT NULL,
      password_hash text,
      role text NOT NULL,
      sso_provider text,
      sso_subject_id text,
      registered_on timestamptz NOT NULL DEFAULT now(),
      updated_on timestamptz NOT NULL DEFAULT now(),
      deactivated_on timestamptz,
      CONSTRAINT users_pkey PRIMARY KEY (id),
      CONSTRAINT users_public_id_key UNIQUE (public_id),
      CONSTRAINT users_username_key UNIQUE (username),
      CONSTRAINT users_sso_key UNIQUE (sso_provider, sso_subject_id),
      CONSTRAINT users_role_check CHECK (role IN ('viewer', 'operator', 'admin'))
    )`.execute(db)
  await sql`CREATE UNIQUE INDEX users_email_key ON users (lower(email))`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE users`.execute(db)
}
