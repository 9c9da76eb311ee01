import { NativeSelect, NumberInput, Switch, Textarea, TextInput } from '@mantine/core'
import type { FieldProps, Of } from './field-props.ts'
import { problemWithin } from './form-problems.ts'

/** Label, help and complaint, as every input shows them. */
export const captionOf = ({ field, isRequired, problems, path }: Omit<FieldProps, 'value' | 'onChange'>) => ({
  label: field.title,
  description: field.description,
  required: isRequired,
  error: complaintOf(problemWithin(problems, path)),
  inputWrapperOrder: ORDER,
})

/** Help stands below, so that inputs side by side stand in one line. */
const ORDER: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'error', 'description']

/** `must be a number` → `Must be a number`. */
export const complaintOf = (problem: string | undefined): string | undefined =>
  problem === undefined ? undefined : problem.charAt(0).toUpperCase() + problem.slice(1)

const hintOf = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' || typeof value === 'object' ? undefined : String(value)

export function TextField(props: FieldProps<Of<'text'>>) {
  const { field, value, isRequired, onChange } = props
  const common = {
    ...captionOf(props),
    value: typeof value === 'string' ? value : '',
    placeholder: hintOf(field.default) ?? '',
    autoComplete: 'off',
    spellCheck: false,
  }
  // Left out, it would become its default again.
  const isLeftOut = !isRequired && (field.default === undefined || field.default === '')
  const change = (text: string): void => onChange(text === '' && isLeftOut ? undefined : text)
  return field.isLong ? (
    <Textarea {...common} autosize minRows={3} maxRows={12} onChange={({ target }) => change(target.value)} />
  ) : (
    <TextInput {...common} onChange={({ target }) => change(target.value)} />
  )
}

export function NumberField(props: FieldProps<Of<'number'>>) {
  const { field, value, onChange } = props
  return (
    <NumberInput
      {...captionOf(props)}
      label={field.unit === undefined ? field.title : `${field.title} (${field.unit})`}
      value={typeof value === 'number' ? value : ''}
      placeholder={hintOf(field.default) ?? ''}
      allowDecimal={!field.isInteger}
      clampBehavior="none"
      {...(field.min === undefined ? {} : { min: field.min })}
      {...(field.max === undefined ? {} : { max: field.max })}
      onChange={(entered) => {
        const number = typeof entered === 'number' ? entered : Number.parseFloat(entered)
        onChange(Number.isFinite(number) ? number : undefined)
      }}
    />
  )
}

export function SwitchInput(props: FieldProps<Of<'switch'>>) {
  const { required, inputWrapperOrder, ...caption } = captionOf(props)
  return (
    <Switch
      {...caption}
      checked={(props.value ?? props.field.default) === true}
      onChange={({ currentTarget }) => props.onChange(currentTarget.checked)}
    />
  )
}

export function ChoiceInput(props: FieldProps<Of<'choice'>>) {
  const { field, value, isRequired, onChange } = props
  const chosen = field.options.findIndex((option) => option.value === value)
  const options = field.options.map(({ label }, place) => ({ value: String(place), label }))
  const none = { value: '', label: isRequired ? 'Choose …' : 'As the driver says' }
  const isSettled = chosen >= 0 && (isRequired || field.default !== undefined)
  return (
    <NativeSelect
      {...captionOf(props)}
      value={chosen < 0 ? '' : String(chosen)}
      data={isSettled ? options : [none, ...options]}
      onChange={({ currentTarget }) =>
        onChange(currentTarget.value === '' ? undefined : field.options[Number(currentTarget.value)]?.value)
      }
    />
  )
}
