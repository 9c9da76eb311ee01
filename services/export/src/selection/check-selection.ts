import { EXPORT_INTERVALS, type ExportSelection, type Micros } from '@webmacs/contracts'
import { momentIn } from '@webmacs/http-kit/moments'
import { invalidField } from '@webmacs/http-kit/schema-validation'

/** What was asked for, where it makes sense; what is in the database was not asked yet. */
export interface CheckedSelection {
  readonly selection: ExportSelection
  readonly from: Micros | undefined
  readonly to: Micros | undefined
  /** Interval of the rows, seconds; 0: readings as they were stored. */
  readonly seconds: number
}

/**
 * @param root where it was written: `query` or `body`
 * @throws AppError `request.invalid` that names the field and the rule
 */
export function checkSelection(selection: ExportSelection, root: 'query' | 'body'): CheckedSelection {
  const { experiment, shape, every, method, include_bad } = selection
  const field = (name: keyof ExportSelection): string => `${root}.${name}`
  const from = selection.from === undefined ? undefined : momentIn(field('from'), selection.from)
  const to = selection.to === undefined ? undefined : momentIn(field('to'), selection.to)
  if (experiment === undefined && from === undefined)
    throw invalidField(field('from'), 'is required where no experiment is named')
  if (from !== undefined && to !== undefined && from >= to)
    throw invalidField(field('to'), 'must be later than from', selection.to)
  const events = selection.events ?? []
  if (new Set(events).size < events.length) throw invalidField(field('events'), 'must name each event once')
  if (shape === 'long' && method !== 'none')
    throw invalidField(
      field('method'),
      'is for wide tables: long ones tell count, min, mean, max, first and last',
      method,
    )
  if (shape === 'wide' && every === 'raw' && method !== 'none')
    throw invalidField(field('method'), 'must be none with every=raw: each reading stands at its own moment', method)
  if (shape === 'wide' && every !== 'raw' && method === 'none')
    throw invalidField(field('method'), 'must be last, mean, min, max or linear where rows are intervals', method)
  if (include_bad && (shape === 'wide' || every !== 'raw'))
    throw invalidField(
      field('include_bad'),
      'is for long tables with every=raw: elsewhere bad readings count for nothing',
      true,
    )
  return { selection, from, to, seconds: EXPORT_INTERVALS[every] }
}
