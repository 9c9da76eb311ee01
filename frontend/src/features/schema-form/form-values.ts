import { type FormField, isRecord, type Variant, type VariantsField } from './form-model.ts'

/** What a field shows before anybody has touched it: its default, or the emptiest value that the form can show. Undefined: it is left out. */
export function initialValue(field: FormField, isRequired: boolean): unknown {
  if (field.default !== undefined && field.default !== null) return structuredClone(field.default)
  switch (field.kind) {
    case 'group':
      return initialGroup(field.members)
    case 'list':
      return isRequired || field.minItems > 0
        ? Array.from({ length: field.minItems }, () => initialValue(field.item, true))
        : undefined
    case 'switch':
      return isRequired ? false : undefined
    case 'choice':
      return isRequired ? field.options[0]?.value : undefined
    case 'variants':
      return isRequired && field.options[0] !== undefined ? initialVariant(field.options[0]) : undefined
    default:
      return undefined
  }
}

const initialGroup = (members: Variant['group']['members']): Record<string, unknown> =>
  Object.fromEntries(
    members.flatMap(({ name, isRequired, field }) => {
      const value = initialValue(field, isRequired)
      return value === undefined ? [] : [[name, value]]
    }),
  )

export const initialVariant = ({ group, constants }: Variant): Record<string, unknown> => ({
  ...initialGroup(group.members),
  ...constants,
})

/** Which of the groups a value is; undefined: none. */
export function variantOf(field: VariantsField, value: unknown): Variant | undefined {
  if (!isRecord(value)) return undefined
  const fits = (variant: Variant): boolean =>
    Object.entries(variant.constants).every(([name, constant]) => value[name] === constant)
  const named = field.options.filter((variant) => Object.keys(variant.constants).length > 0 && fits(variant))
  const shaped = field.options.filter(
    ({ constants, group }) =>
      Object.keys(constants).length === 0 &&
      Object.keys(value).every((name) => group.members.some((member) => member.name === name)),
  )
  return named[0] ?? shaped[0]
}

/** A copy with one member changed; undefined takes it out. */
export function withMember(value: unknown, name: string, member: unknown): Record<string, unknown> {
  const { [name]: _before, ...others } = isRecord(value) ? value : {}
  if (member === undefined) return others
  // Where it stood before, so that the text of a configuration does not change its order with every edit.
  return isRecord(value) && name in value ? { ...value, [name]: member } : { ...others, [name]: member }
}

/** Only what was filled in: optional groups without anything in them are left out. */
export function withoutBlanks(field: FormField, value: unknown): unknown {
  if (field.kind === 'group' && isRecord(value)) {
    return cleanMembers(field.members, value)
  }
  if (field.kind === 'variants' && isRecord(value)) {
    const variant = variantOf(field, value)
    return variant === undefined ? value : cleanMembers(variant.group.members, value)
  }
  if (field.kind === 'list' && Array.isArray(value)) return value.map((item) => withoutBlanks(field.item, item))
  return value
}

function cleanMembers(members: Variant['group']['members'], value: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(value)) {
    const member = members.find((candidate) => candidate.name === name)
    const cleaned = member === undefined ? given : withoutBlanks(member.field, given)
    const isOptional = member !== undefined && !member.isRequired
    if (isOptional && member.field.kind === 'group' && isRecord(cleaned) && Object.keys(cleaned).length === 0) continue
    kept[name] = cleaned
  }
  return kept
}
