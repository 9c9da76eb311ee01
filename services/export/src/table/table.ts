/** `time`: microseconds since 1970; `number`: any finite number; `integer`: a whole number, exact below 2^53. */
export type ColumnKind = 'time' | 'number' | 'integer' | 'text'

export interface Column {
  /** Unique within its table. */
  readonly name: string
  readonly kind: ColumnKind
  /** Unit of its values; empty: none. */
  readonly unit: string
  /** Follows from other columns: a format that counts bytes may leave it out. */
  readonly derived?: true
}

/** What a file's rows look like; the same whatever the format. */
export interface Table {
  readonly columns: readonly Column[]
}

export interface NumberValues {
  readonly kind: 'time' | 'number' | 'integer'
  /** One a row; NaN stands for no value (never in a `time` column). */
  readonly values: Float64Array
}

/** Texts that repeat: a word is stored once, and each row says which it has. */
export interface TextValues {
  readonly kind: 'text'
  readonly words: readonly string[]
  /** One a row: position in `words`. Columns that go by the same thing share one array. */
  readonly codes: Int32Array
  /** Where given, each row's text is its word and this number in base 36 after it (`dp_7k2m9q4tx3ab_` + moment). */
  readonly suffixes?: Float64Array
}

export type ColumnValues = NumberValues | TextValues

/** Some rows, column by column in the order of the table's columns. Its arrays are the reader's: they are not written again. */
export interface RowBatch {
  /** At least 1; arrays are exactly that long. */
  readonly rows: number
  readonly columns: readonly ColumnValues[]
}
