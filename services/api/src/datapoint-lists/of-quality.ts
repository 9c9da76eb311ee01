import type { QualityFilter } from '@webmacs/contracts'
import { type RawBuilder, sql } from 'kysely'
import { isShown } from '../datapoints/datapoint-answer.ts'

/**
 * SQL for "this datapoint is of that class".
 * @param alias of the table `datapoints` in the statement
 */
export function ofQuality(filter: QualityFilter, alias: string): RawBuilder<boolean> {
  const shown = isShown(alias)
  const ofClass = sql<number>`(${sql.table(alias)}.quality & 3)`
  switch (filter) {
    case 'shown':
      return shown
    case 'good':
      return sql<boolean>`(${shown} AND ${ofClass} = 0)`
    case 'uncertain':
      return sql<boolean>`(${shown} AND ${ofClass} = 1)`
    case 'bad':
      return sql<boolean>`NOT ${shown}`
  }
}
