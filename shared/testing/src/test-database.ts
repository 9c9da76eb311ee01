import { randomBytes } from 'node:crypto'
import { type Database, openDatabase } from '@webmacs/database'
import pg from 'pg'
import { inject } from 'vitest'
import { TEMPLATE_DATABASE } from './context.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly url: string
  readonly db: Database
}

/** A migrated database that nobody else uses; dropped, with whatever is still connected to it, at disposal. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('databaseUrl')
  const name = `webmacs_test_${randomBytes(6).toString('hex')}`
  await onServer(serverUrl, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const db = openDatabase({ url: url.href, maxConnections: 5, applicationName: 'test' })
  return {
    url: url.href,
    db,
    [Symbol.asyncDispose]: async () => {
      await db.close()
      await onServer(serverUrl, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`))
    },
  }
}

async function onServer(url: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
