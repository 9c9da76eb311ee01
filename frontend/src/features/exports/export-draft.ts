import type {
  CreateExport,
  ExportDelivery,
  ExportFormat,
  ExportInterval,
  ExportMethod,
  ExportShape,
} from '@webmacs/contracts'

/** What is exported: an experiment, or a range of time; some events or all. */
export interface ExportSubject {
  readonly experiment?: { readonly public_id: string; readonly name: string }
  readonly from?: string
  readonly to?: string
  readonly events?: readonly string[]
}

/** The choices of the form, each kept while another one makes it meaningless. */
export interface ExportDraft {
  readonly format: ExportFormat
  readonly shape: ExportShape
  readonly every: ExportInterval
  readonly method: Exclude<ExportMethod, 'none'>
  readonly includeBad: boolean
  readonly metadata: boolean
  readonly delivery: ExportDelivery
}

export const FIRST_DRAFT: ExportDraft = {
  format: 'csv',
  shape: 'long',
  every: 'raw',
  method: 'mean',
  includeBad: false,
  metadata: false,
  delivery: 'stream',
}

/** Only a cell of a wide table that stands for an interval has to be chosen for. */
export const hasMethod = ({ shape, every }: ExportDraft): boolean => shape === 'wide' && every !== 'raw'
/** Where readings are summarised, or stand side by side, bad ones have no place. */
export const canHaveBad = ({ shape, every }: ExportDraft): boolean => shape === 'long' && every === 'raw'
/** A Parquet file carries it in any case. */
export const canHaveMetadata = ({ format }: ExportDraft): boolean => format !== 'parquet'

export const requestOf = (draft: ExportDraft, subject: ExportSubject): Partial<CreateExport> => ({
  ...(subject.experiment === undefined ? {} : { experiment: subject.experiment.public_id }),
  ...(subject.from === undefined ? {} : { from: subject.from }),
  ...(subject.to === undefined ? {} : { to: subject.to }),
  ...(subject.events === undefined ? {} : { events: [...subject.events] }),
  format: draft.format,
  shape: draft.shape,
  every: draft.every,
  method: hasMethod(draft) ? draft.method : 'none',
  include_bad: draft.includeBad && canHaveBad(draft),
  metadata: draft.metadata && canHaveMetadata(draft),
  delivery: draft.delivery,
})

export const INTERVALS = [
  { value: 'raw', label: 'Every reading', each: 'reading' },
  { value: '1s', label: '1 second', each: 'second' },
  { value: '10s', label: '10 seconds', each: '10 seconds' },
  { value: '1min', label: '1 minute', each: 'minute' },
  { value: '10min', label: '10 minutes', each: '10 minutes' },
  { value: '1h', label: '1 hour', each: 'hour' },
  { value: '1d', label: '1 day', each: 'day' },
] as const satisfies readonly { value: ExportInterval; label: string; each: string }[]

export const METHODS = [
  { value: 'mean', label: 'Mean', cell: 'the mean of the interval' },
  { value: 'last', label: 'Last', cell: 'the last reading of the interval' },
  { value: 'min', label: 'Lowest', cell: 'the lowest reading of the interval' },
  { value: 'max', label: 'Highest', cell: 'the highest reading of the interval' },
  { value: 'linear', label: 'Interpolated', cell: 'the value on a line between the readings around its start' },
] as const satisfies readonly { value: ExportDraft['method']; label: string; cell: string }[]

/** What one gets, in a sentence. */
export function explainExport(draft: ExportDraft): string {
  const each = INTERVALS.find(({ value }) => value === draft.every)?.each ?? draft.every
  if (draft.shape === 'long') {
    return draft.every === 'raw'
      ? 'A row for each reading of each signal, exactly as it was stored.'
      : `A row for each signal and ${each}: count, lowest, mean, highest, first and last.`
  }
  if (draft.every === 'raw') return 'A row for each moment at which anything was read, a column for each signal.'
  const cell = METHODS.find(({ value }) => value === draft.method)?.cell ?? draft.method
  return `A row for each ${each}, a column for each signal; a cell is ${cell}.`
}
