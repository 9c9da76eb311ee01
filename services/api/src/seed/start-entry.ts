import type { Tables } from '@webmacs/database'
import { type Logger, SERVICE_VERSION } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { writeLogEntry } from '../logging/log-entry-store.ts'

/** Notes for the Logs page that the service has started, in the first admin's name. A start does not fail for it. */
export async function noteStart(db: Kysely<Tables>, changes: Changes, log: Logger): Promise<void> {
  try {
    const admin = await db
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'admin')
      .where('deactivated_on', 'is', null)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    const content = `WebMACS ${SERVICE_VERSION} started.`
    await changes.make(null, (making) => writeLogEntry(making, { content }, admin?.id ?? null))
  } catch (err) {
    log.warn({ event: 'start.not-noted', err }, 'start could not be noted for the Logs page')
  }
}
