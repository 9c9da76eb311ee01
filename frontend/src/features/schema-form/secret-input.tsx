import { Button, PasswordInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { FieldProps, Of } from './field-props.ts'
import { captionOf } from './scalar-inputs.tsx'
import { SECRET } from './secret.ts'

/** A secret that is stored is never shown: typing replaces it, an empty field leaves it as it is. */
export function SecretInput(props: FieldProps<Of<'text'>>) {
  const { field, value, isRequired, onChange } = props
  const [isStored] = useState(value === SECRET)
  const isKept = value === SECRET
  const whenEmpty = isStored ? SECRET : isRequired ? '' : undefined
  const common = {
    ...captionOf(props),
    value: typeof value === 'string' && !isKept ? value : '',
    placeholder: isKept ? 'Stored; type to replace it' : '',
  }
  const change = (text: string): void => onChange(text === '' ? whenEmpty : text)
  return (
    <div>
      {field.isLong ? (
        // A key has lines, which an input for passwords would take out.
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={8}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => change(target.value)}
        />
      ) : (
        <PasswordInput {...common} autoComplete="new-password" onChange={({ target }) => change(target.value)} />
      )}
      {isKept && !isRequired && (
        <Button variant="subtle" color="gray" size="compact-xs" mt={4} onClick={() => onChange(undefined)}>
          Forget the stored one
        </Button>
      )}
    </div>
  )
}
