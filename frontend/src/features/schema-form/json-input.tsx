import { Textarea } from '@mantine/core'
import { useState } from 'react'
import type { FieldProps, Of } from './field-props.ts'
import { UnreadableJson } from './form-problems.ts'
import { captionOf } from './scalar-inputs.tsx'

const textOf = (value: unknown): string => {
  if (value instanceof UnreadableJson) return value.text
  return value === undefined ? '' : JSON.stringify(value, null, 2)
}

/** For what no other input can show: the value as JSON. */
export function JsonField(props: FieldProps<Of<'json'>>) {
  const [text, setText] = useState(() => textOf(props.value))
  const change = (entered: string): void => {
    setText(entered)
    props.onChange(parsed(entered))
  }
  const { description, ...caption } = captionOf(props)
  return (
    <Textarea
      {...caption}
      description={description === undefined ? 'As JSON' : `${description} (as JSON)`}
      value={text}
      autosize
      minRows={3}
      maxRows={20}
      spellCheck={false}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      onChange={({ target }) => change(target.value)}
    />
  )
}

function parsed(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return new UnreadableJson(text)
  }
}
