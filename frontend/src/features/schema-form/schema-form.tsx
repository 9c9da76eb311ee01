import { Stack } from '@mantine/core'
import { FieldInput } from './field-input.tsx'
import type { FormField } from './form-model.ts'
import type { Problems } from './form-problems.ts'

interface SchemaFormProps {
  readonly field: FormField
  readonly value: unknown
  readonly problems: Problems
  readonly onChange: (value: unknown) => void
}

/** The fields of a JSON schema. Whoever shows it keeps the value, and sends it. */
export function SchemaForm({ field, value, problems, onChange }: SchemaFormProps) {
  return (
    <Stack gap="md">
      <FieldInput field={field} value={value} path="" problems={problems} isRequired onChange={onChange} />
    </Stack>
  )
}
