import type { Micros } from '@webmacs/contracts'
import type pg from 'pg'
import { HOUR } from '../rollups/mark-stale.ts'

export interface HistorianLimits {
  /** Retention removed datapoints before it. */
  readonly rawFrom: Micros
  /** Retention removed rollups finer than an hour before it; at a whole hour. */
  readonly minutesFrom: Micros
}

/**
 * Where retention has cut, with a lock: until the transaction ends it cuts no further, so that what it removes is not taken for data that
 * never was. To be called after `holdRollups`, whose lock whoever moves the limits takes first too.
 */
export async function holdLimits(client: pg.ClientBase): Promise<HistorianLimits> {
  const { rows } = await client.query<{ raw_from: Micros; minutes_from: Micros }>(
    'SELECT raw_from, minutes_from FROM historian_state FOR SHARE',
  )
  const { raw_from = 0, minutes_from = 0 } = rows[0] ?? {}
  return { rawFrom: raw_from, minutesFrom: Math.ceil(minutes_from / HOUR) * HOUR }
}
