import type { FormField } from './form-model.ts'
import type { Problems } from './form-problems.ts'

/** What each input is given. */
export interface FieldProps<Field = FormField> {
  readonly field: Field
  readonly value: unknown
  /** Where the value stands in the whole, like `channels.0.address`; empty for the whole. */
  readonly path: string
  readonly isRequired: boolean
  readonly problems: Problems
  /** Undefined leaves the value out. */
  readonly onChange: (value: unknown) => void
}

export type Of<Kind extends FormField['kind']> = Extract<FormField, { kind: Kind }>
