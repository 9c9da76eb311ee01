import type { Column } from '../table/table.ts'

/** How a text format writes rows: all that tells CSV from JSON Lines. */
export interface Dialect {
  /** What stands before a column's value. */
  before(column: Column, position: number): string
  readonly rowEnd: string
  /** A text with all that guards it. */
  text(word: string): string
  readonly textEnd: string
  /** A number that is not written the fast way. */
  number(value: number): string
  /** Whether a number always has a decimal point. */
  readonly withPoint: boolean
  /** What stands for no value. */
  readonly empty: string
  readonly momentStart: string
  readonly momentEnd: string
}
