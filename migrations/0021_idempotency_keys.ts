import { type Kysely, sql } from 'kysely'

/** Telemetry that a sender may send again: the moment it was stamped with, and the answer once there is one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE idempotency_keys (
      user_id int NOT NULL,
      key text NOT NULL,
      fingerprint text NOT NULL,
      stamp int8 NOT NULL,
      answer jsonb,
      created_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key),
      CONSTRAINT idempotency_keys_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
    )`.execute(db)
  await sql`CREATE INDEX idempotency_keys_created_on ON idempotency_keys (created_on)`.execute(db)
  await sql`COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of the body: another body under the same key is refused'`.execute(
    db,
  )
  await sql`COMMENT ON COLUMN idempotency_keys.stamp IS 'time given to readings that came without one, microseconds since 1970'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE idempotency_keys`.execute(db)
}
