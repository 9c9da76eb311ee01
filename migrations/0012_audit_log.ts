import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE audit_log (
      id bigint GENERATED ALWAYS AS IDENTITY,
      time timestamptz NOT NULL DEFAULT now(),
      user_id int,
      entity text NOT NULL,
      entity_id text NOT NULL,
      action text NOT NULL,
      before jsonb,
      after jsonb,
      CONSTRAINT audit_log_pkey PRIMARY KEY (id),
      CONSTRAINT audit_log_user_fkey FOREIGN KEY (user_id) REFERENCES users (id)
    )`.execute(db)
  await sql`CREATE INDEX audit_log_time ON audit_log (time DESC)`.execute(db)
  await sql`CREATE INDEX audit_log_entity ON audit_log (entity, entity_id)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE audit_log`.execute(db)
}
