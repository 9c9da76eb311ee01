import { newId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Logger, SERVICE_VERSION } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'

/** Notes for the Logs page that the service has started, in the first admin's name. A start does not fail for it. */
export async function noteStart(db: Kysely<Tables>, log: Logger): Promise<void> {
  try {
    const admin = await db
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'admin')
      .where('deactivated_on', 'is', null)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    await db
      .insertInto('log_entries')
      .values({
        public_id: newId('log'),
        content: `WebMACS ${SERVICE_VERSION} started.`,
        logging_type: 'info',
        status_type: 'unread',
        user_id: admin?.id ?? null,
      })
      .execute()
  } catch (err) {
    log.warn({ event: 'start.not-noted', err }, 'start could not be noted for the Logs page')
  }
}
