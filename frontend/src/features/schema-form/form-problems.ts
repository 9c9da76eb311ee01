import type { FieldError } from '@webmacs/contracts'
import { type FormField, isRecord, type Member } from './form-model.ts'
import { variantOf } from './form-values.ts'

/** Path of a value (`channels.0.address`) → what is wrong with it. */
export type Problems = ReadonlyMap<string, string>

export const NO_PROBLEMS: Problems = new Map()

export const pathOf = (parent: string, step: string | number): string =>
  parent === '' ? `${step}` : `${parent}.${step}`

/** What can be said before the server is asked: what is missing, and numbers and texts that break a rule. The server decides. */
export const findProblems = (field: FormField, value: unknown): Problems => new Map(problemsOf(field, value, ''))

type Finding = readonly [path: string, problem: string]

function* problemsOf(field: FormField, value: unknown, path: string): Generator<Finding> {
  const own = ownProblem(field, value)
  if (own !== undefined) yield [path, own]
  if (field.kind === 'group') yield* memberProblems(field.members, value, path)
  if (field.kind === 'variants') yield* memberProblems(variantOf(field, value)?.group.members ?? [], value, path)
  if (field.kind === 'list' && Array.isArray(value))
    for (const [place, item] of value.entries()) yield* requiredProblems(field.item, item, pathOf(path, place))
}

function* memberProblems(members: readonly Member[], value: unknown, path: string): Generator<Finding> {
  for (const { name, isRequired, field } of members) {
    const member = isRecord(value) ? value[name] : undefined
    if (isRequired) yield* requiredProblems(field, member, pathOf(path, name))
    else if (member !== undefined) yield* problemsOf(field, member, pathOf(path, name))
  }
}

function* requiredProblems(field: FormField, value: unknown, path: string): Generator<Finding> {
  // What a group lacks stands at its members.
  if (field.kind !== 'group' && (value === undefined || value === '')) yield [path, 'is needed']
  else yield* problemsOf(field, value, path)
}

function ownProblem(field: FormField, value: unknown): string | undefined {
  switch (field.kind) {
    case 'text':
      return textProblem(field, value)
    case 'number':
      return numberProblem(field, value)
    case 'list':
      return lengthProblem(field, value)
    case 'json':
      return value instanceof UnreadableJson ? 'is no JSON' : undefined
    default:
      return undefined
  }
}

function lengthProblem({ minItems, maxItems }: FormField & { kind: 'list' }, value: unknown): string | undefined {
  const count = Array.isArray(value) ? value.length : 0
  if (count < minItems) return `needs at least ${minItems}`
  return count > maxItems ? `has room for ${maxItems}` : undefined
}

function textProblem(field: FormField & { kind: 'text' }, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (field.minLength !== undefined && value.length < field.minLength) {
    return field.minLength === 1 ? 'is needed' : `needs at least ${field.minLength} characters`
  }
  return field.pattern === undefined || matches(field.pattern, value) ? undefined : `must look like ${field.pattern}`
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    return true // a pattern that this browser cannot read; the server will say
  }
}

function numberProblem({ min, max, isInteger }: FormField & { kind: 'number' }, value: unknown): string | undefined {
  if (typeof value !== 'number') return undefined
  if (isInteger && !Number.isInteger(value)) return 'must be a whole number'
  if (min !== undefined && value < min) return `must be at least ${min}`
  return max !== undefined && value > max ? `must be at most ${max}` : undefined
}

/** Text that shall become JSON and is none yet. */
export class UnreadableJson {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/**
 * What the server said of the fields of one form, and what it said of others.
 * @param prefix where the form's value stands in the request, like `body.config_json`
 */
export function problemsFrom(errors: readonly FieldError[], prefix: string): { own: Problems; others: FieldError[] } {
  const own = new Map<string, string>()
  const others: FieldError[] = []
  for (const error of errors) {
    const field = error.field.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('/', '.')
    const isOwn = field === prefix || field.startsWith(`${prefix}.`)
    if (!isOwn) others.push(error)
    else if (!own.has(field.slice(prefix.length + 1))) own.set(field.slice(prefix.length + 1), error.rule)
  }
  return { own, others }
}

/** Those that stand at a value or inside it; for whoever shows no more than that. */
export function problemWithin(problems: Problems, path: string): string | undefined {
  const exact = problems.get(path)
  if (exact !== undefined) return exact
  for (const [at, problem] of problems) if (at.startsWith(`${path}.`)) return `${at.slice(path.length + 1)} ${problem}`
  return undefined
}
