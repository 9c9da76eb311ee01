import type { ColumnValues, RowBatch, Table, TextValues } from '../table/table.ts'
import type { Dialect } from './dialect.ts'

/** One piece of a row: what stands before it, and what is put there. Neighbouring texts that go by the same codes are one piece. */
export type Step =
  | { readonly kind: 'words'; readonly column: number; readonly words: readonly Uint8Array[] }
  | { readonly kind: 'moment' | 'number' | 'integer' | 'suffix'; readonly column: number; readonly before: Uint8Array }

/** How the rows of a table are put together. */
export interface RowProgram {
  readonly steps: readonly Step[]
  readonly end: Uint8Array
  /** No row is longer, bytes. */
  readonly longestRow: number
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8')
/** Longest of a moment, a number, an integer and a suffix in base 36, with what guards them. */
const LONGEST_VALUE = 40

/** Made from the first batch; batches with other words need another. */
export function compileRows({ columns }: Table, batch: RowBatch, dialect: Dialect): RowProgram {
  const steps: Step[] = []
  /** Literal text that no piece has taken yet. */
  let pending = ''
  let texts: { readonly column: number; readonly codes: Int32Array; words: string[] } | undefined
  const closeTexts = (): void => {
    if (texts !== undefined) steps.push({ kind: 'words', column: texts.column, words: texts.words.map(bytesOf) })
    texts = undefined
  }
  const literal = (text: string): void => {
    if (texts === undefined) pending += text
    else texts.words = texts.words.map((word) => word + text)
  }
  for (const [position, column] of columns.entries()) {
    const values = batch.columns[position]
    if (values === undefined) throw new RangeError(`a batch lacks the column ${column.name}`)
    literal(dialect.before(column, position))
    if (values.kind === 'text') {
      const written = values.words.map((word) => (values.suffixes ? openText(dialect, word) : dialect.text(word)))
      if (texts?.codes === values.codes) texts.words = texts.words.map((word, at) => word + (written[at] ?? ''))
      else {
        closeTexts()
        texts = { column: position, codes: values.codes, words: written.map((word) => pending + word) }
        pending = ''
      }
      if (values.suffixes !== undefined) {
        closeTexts()
        steps.push({ kind: 'suffix', column: position, before: bytesOf('') })
        pending = dialect.textEnd
      }
      continue
    }
    if (values.kind === 'time') literal(dialect.momentStart)
    closeTexts()
    steps.push({ kind: values.kind === 'time' ? 'moment' : values.kind, column: position, before: bytesOf(pending) })
    pending = values.kind === 'time' ? dialect.momentEnd : ''
  }
  literal(dialect.rowEnd)
  closeTexts()
  const end = bytesOf(pending)
  return { steps, end, longestRow: steps.reduce((sum, step) => sum + longestOf(step), end.length) }
}

/** The beginning of a text that goes on with digits and letters of its own. */
const openText = (dialect: Dialect, word: string): string => {
  const whole = dialect.text(word)
  return whole.slice(0, whole.length - dialect.textEnd.length)
}

const longestOf = (step: Step): number =>
  step.kind === 'words'
    ? step.words.reduce((longest, { length }) => Math.max(longest, length), 0)
    : step.before.length + LONGEST_VALUE

/** Whether a program that was made for one batch is right for another. */
export function hasSameWords(one: RowBatch, other: RowBatch): boolean {
  const isSame = (values: ColumnValues, position: number): boolean =>
    values.kind !== 'text' || values.words === (other.columns[position] as TextValues | undefined)?.words
  return one.columns.every(isSame)
}
