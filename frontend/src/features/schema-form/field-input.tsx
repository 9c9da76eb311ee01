import { ActionIcon, Button, Fieldset, NativeSelect, Text, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconPlus, IconTrash } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import type { FieldProps, Of } from './field-props.ts'
import { type FormField, isRecord, type Member } from './form-model.ts'
import { type Problems, pathOf, problemWithin } from './form-problems.ts'
import { initialValue, initialVariant, variantOf, withMember } from './form-values.ts'
import { JsonField } from './json-input.tsx'
import { rowName, useRowKeys } from './rows.ts'
import { ChoiceInput, complaintOf, NumberField, SwitchInput, TextField } from './scalar-inputs.tsx'
import classes from './schema-form.module.css'
import { SecretInput } from './secret-input.tsx'

/** The input that fits a field. */
export function FieldInput({ field, ...rest }: FieldProps) {
  switch (field.kind) {
    case 'text':
      return field.isSecret ? <SecretInput field={field} {...rest} /> : <TextField field={field} {...rest} />
    case 'number':
      return <NumberField field={field} {...rest} />
    case 'switch':
      return <SwitchInput field={field} {...rest} />
    case 'choice':
      return <ChoiceInput field={field} {...rest} />
    case 'group':
      return <GroupInput field={field} {...rest} />
    case 'list':
      return <ListInput field={field} {...rest} />
    case 'variants':
      return <VariantsInput field={field} {...rest} />
    case 'json':
      return <JsonField field={field} {...rest} />
  }
}

/** The members of an object: short ones side by side, long ones below each other. */
function GroupInput({ field, value, path, problems, onChange }: FieldProps<Of<'group'>>) {
  const members = <Members members={field.members} {...{ value, path, problems, onChange }} />
  if (path === '') return members
  return (
    <Fieldset legend={field.title}>
      {field.description !== undefined && (
        <Text fz="sm" c="dimmed" mb="xs">
          {field.description}
        </Text>
      )}
      {members}
    </Fieldset>
  )
}

interface MembersProps {
  readonly members: readonly Member[]
  readonly value: unknown
  readonly path: string
  readonly problems: Problems
  readonly onChange: (value: unknown) => void
}

function Members({ members, value, path, problems, onChange }: MembersProps) {
  const at = (name: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  return (
    <div className={classes.members}>
      {members.map(({ name, field, isRequired }) => (
        <div key={name} data-wide={isWide(field) || undefined}>
          <FieldInput
            field={field}
            value={at(name)}
            path={pathOf(path, name)}
            isRequired={isRequired}
            problems={problems}
            onChange={(member) => onChange(withMember(value, name, member))}
          />
        </div>
      ))}
    </div>
  )
}

const isWide = (field: FormField): boolean =>
  field.kind === 'group' ||
  field.kind === 'list' ||
  field.kind === 'variants' ||
  field.kind === 'json' ||
  (field.kind === 'text' && field.isLong)

/** Rows that can be added and taken away. */
function ListInput({ field, value, path, problems, onChange }: FieldProps<Of<'list'>>) {
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  const rows = useRowKeys(items.length)
  const box = useRef<HTMLDivElement>(null)
  const add = (): void => {
    rows.add()
    onChange([...items, initialValue(field.item, true)])
    // The new row is there after React has rendered it.
    requestAnimationFrame(() => {
      const last = box.current?.querySelectorAll<HTMLElement>(':scope > [data-row]').item(items.length)
      last?.querySelector<HTMLElement>('input, select, textarea')?.focus()
    })
  }
  const remove = (place: number): void => {
    rows.remove(place)
    onChange(items.filter((_item, other) => other !== place))
  }
  const problem = problems.get(path)
  return (
    <Fieldset legend={field.title}>
      {field.description !== undefined && (
        <Text fz="sm" c="dimmed" mb="xs">
          {field.description}
        </Text>
      )}
      {problem !== undefined && (
        <Text fz="sm" c="var(--mantine-color-error)" mb="xs" role="alert">
          {complaintOf(problem)}
        </Text>
      )}
      <div className={classes.rows} ref={box}>
        {items.map((item, place) => {
          return (
            <Row
              key={rows.keys[place]}
              item={field.item}
              name={rowName(item, field.item.title, place)}
              value={item}
              path={pathOf(path, place)}
              problems={problems}
              isNew={rows.isNew(place)}
              isFixed={items.length <= field.minItems}
              onChange={(changed) => onChange(items.map((other, at) => (at === place ? changed : other)))}
              onRemove={() => remove(place)}
            />
          )
        })}
        {items.length === 0 && (
          <Text fz="sm" c="dimmed">
            None yet.
          </Text>
        )}
      </div>
      <Button
        mt="sm"
        size="xs"
        variant="default"
        leftSection={<IconPlus size="1rem" aria-hidden />}
        disabled={items.length >= field.maxItems}
        onClick={add}
      >
        Add to {field.title.toLowerCase()}
      </Button>
    </Fieldset>
  )
}

/** Rows with more members than this show their name only, until they are opened. */
const LONG_ROW = 6

interface RowProps {
  readonly item: FormField
  readonly name: string
  readonly value: unknown
  readonly path: string
  readonly problems: Problems
  readonly isNew: boolean
  readonly isFixed: boolean
  readonly onChange: (value: unknown) => void
  readonly onRemove: () => void
}

function Row({ item, name, isNew, isFixed, onRemove, ...rest }: RowProps) {
  const isLong = item.kind === 'group' && item.members.length > LONG_ROW
  const [isOpen, setOpen] = useState(!isLong || isNew)
  // What is wrong inside must not stay hidden.
  const isShown = isOpen || problemWithin(rest.problems, rest.path) !== undefined
  const Chevron = isShown ? IconChevronDown : IconChevronRight
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset within one with a legend each would be read out twice
    <div className={classes.row} data-row role="group" aria-label={name}>
      <div className={classes.rowContent}>
        {isLong && (
          <UnstyledButton className={classes.rowTitle} aria-expanded={isShown} onClick={() => setOpen(!isShown)}>
            <Chevron size="1.1rem" stroke={1.75} aria-hidden />
            {name}
          </UnstyledButton>
        )}
        {isShown &&
          (item.kind === 'group' ? (
            <Members members={item.members} {...rest} />
          ) : (
            <FieldInput field={{ ...item, title: name }} isRequired {...rest} />
          ))}
      </div>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={`Remove ${name}`}
        disabled={isFixed}
        onClick={onRemove}
      >
        <IconTrash size="1.1rem" stroke={1.75} aria-hidden />
      </ActionIcon>
    </div>
  )
}

/** A choice between groups, and the members of the chosen one. */
function VariantsInput({ field, value, path, isRequired, problems, onChange }: FieldProps<Of<'variants'>>) {
  const chosen = variantOf(field, value)
  const place = chosen === undefined ? '' : String(field.options.indexOf(chosen))
  const options = field.options.map(({ label }, at) => ({ value: String(at), label }))
  const choose = (at: string): void => {
    const option = at === '' ? undefined : field.options[Number(at)]
    if (option === undefined) {
      onChange(undefined)
      return
    }
    // What both have in common stays.
    const names = option.group.members.map(({ name }) => name)
    const shared = isRecord(value) ? Object.entries(value).filter(([name]) => names.includes(name)) : []
    onChange({ ...initialVariant(option), ...Object.fromEntries(shared), ...option.constants })
  }
  return (
    <Fieldset legend={field.title}>
      <div className={classes.rows}>
        <NativeSelect
          aria-label={field.title}
          description={field.description}
          error={complaintOf(problems.get(path))}
          value={place}
          data={isRequired && chosen !== undefined ? options : [{ value: '', label: 'None' }, ...options]}
          onChange={({ currentTarget }) => choose(currentTarget.value)}
        />
        {value !== undefined && chosen === undefined && (
          <Text fz="sm" c="dimmed">
            What is stored fits none of these; choosing one replaces it.
          </Text>
        )}
        {chosen !== undefined && <Members members={chosen.group.members} {...{ value, path, problems, onChange }} />}
      </div>
    </Fieldset>
  )
}
