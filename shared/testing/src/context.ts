import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL server, with the right to make databases. */
    databaseUrl: string
    /** A NATS server with JetStream. */
    natsUrl: string
  }
}

/** Every test file's database is a copy of this one, which carries all migrations. */
export const TEMPLATE_DATABASE = 'webmacs_test_template'
