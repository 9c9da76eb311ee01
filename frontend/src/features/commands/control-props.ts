import type { OutputShape } from './output-shape.ts'
import type { OutputHandle } from './use-output.ts'

export interface ControlProps {
  /** What is set, for those who do not see where the control stands. */
  readonly name: string
  readonly shape: OutputShape
  /** What is read now; undefined: not known. */
  readonly value: number | undefined
  readonly output: OutputHandle
}
