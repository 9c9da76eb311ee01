import { formatTime } from '@webmacs/contracts'
import type { ResolvedSelection } from './resolve-selection.ts'

/** First characters of an id, as older clients know the file's name. */
const ID_CHARACTERS = 8

/** `experiment_Run_42_exp_7k2m.csv`, or `export_2026-11-23T160000Z.csv` for a range of time. */
export function fileNameOf(
  { experiment, range }: Pick<ResolvedSelection, 'experiment' | 'range'>,
  extension: string,
): string {
  if (experiment === null) return `export_${formatTime(range.from).slice(0, 19).replaceAll(':', '')}Z.${extension}`
  const name = experiment.name.replaceAll(' ', '_').replaceAll('/', '-')
  return `experiment_${name}_${experiment.public_id.slice(0, ID_CHARACTERS)}.${extension}`
}

/** What a quoted string of a header may hold: the rest would break it, or what reads it. */
const UNQUOTABLE = /[^\x20-\x7e]|["\\%]/gu
/** What stays as it is in the extended form (RFC 8187), beside letters and digits. */
const ESCAPED_TOO = /['()*]/g

/** `Content-Disposition` for a download (RFC 6266): a name that every client reads, and where it lost something the whole one. */
export function attachment(fileName: string): string {
  const plain = fileName.replaceAll(UNQUOTABLE, '_')
  const header = `attachment; filename="${plain}"`
  if (plain === fileName) return header
  const extended = encodeURIComponent(fileName.toWellFormed()).replaceAll(
    ESCAPED_TOO,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${header}; filename*=UTF-8''${extended}`
}
