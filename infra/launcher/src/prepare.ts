import { connectBus, provision } from '@webmacs/bus'
import { migrateToLatest } from '@webmacs/migrations'
import pg from 'pg'

/**
 * Database, role, schema, streams: everything that must be there before a service starts. A process of its own, so that the launcher need
 * not carry the drivers for as long as it lives. Speaks to its parent by one message.
 */
const { DATABASE_ADMIN_URL, DATABASE_URL, NATS_URL, WEBMACS_BUS_PREFIX } = process.env
if (DATABASE_URL === undefined || NATS_URL === undefined) throw new Error('DATABASE_URL and NATS_URL are needed')

if (DATABASE_ADMIN_URL !== undefined) await makeDatabase(DATABASE_ADMIN_URL, new URL(DATABASE_URL))
const migrations = await migrateToLatest(DATABASE_URL)

const problems: unknown[] = []
const bus = await connectBus({
  url: NATS_URL,
  ...(WEBMACS_BUS_PREFIX && { prefix: WEBMACS_BUS_PREFIX }),
  name: 'provisioner',
  log: { info: () => undefined, warn: () => undefined, error: (facts) => problems.push(facts) },
  signal: AbortSignal.timeout(30_000),
})
await provision(bus)
await bus.close()
process.send?.({ migrations })
process.disconnect?.()

/** The services' role owns the database and nothing else: they are no superusers. */
async function makeDatabase(adminUrl: string, url: URL): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  try {
    const role = admin.escapeIdentifier(decodeURIComponent(url.username))
    const password = admin.escapeLiteral(decodeURIComponent(url.password))
    const name = url.pathname.slice(1)
    const { rowCount: hasRole } = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [
      decodeURIComponent(url.username),
    ])
    await admin.query(`${hasRole ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN PASSWORD ${password}`)
    const { rowCount: hasDatabase } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (!hasDatabase) await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(name)} OWNER ${role}`)
  } finally {
    await admin.end()
  }
}
