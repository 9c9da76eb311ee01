import { isClientError } from '@webmacs/client'
import type { FormField } from '../schema-form/form-model.ts'
import { findProblems, NO_PROBLEMS, type Problems, problemsFrom } from '../schema-form/form-problems.ts'
import { withoutBlanks } from '../schema-form/form-values.ts'
import type { DeviceDraft } from './device-draft.ts'

export interface DeviceProblems {
  readonly name: string | undefined
  readonly interval: string | undefined
  readonly config: Problems
  /** What belongs to no field of the form. */
  readonly rest: readonly string[]
}

export const NO_DEVICE_PROBLEMS: DeviceProblems = {
  name: undefined,
  interval: undefined,
  config: NO_PROBLEMS,
  rest: [],
}

export const hasProblems = ({ name, interval, config, rest }: DeviceProblems): boolean =>
  name !== undefined || interval !== undefined || config.size > 0 || rest.length > 0

/** What can be said before the server is asked. */
export const draftProblems = (draft: DeviceDraft, form: FormField): DeviceProblems => ({
  name: draft.name.trim() === '' ? 'Is needed' : undefined,
  interval: draft.intervalMs === undefined ? 'Is needed' : undefined,
  config: findProblems(form, withoutBlanks(form, draft.config)),
  rest: [],
})

/** What the server said, sorted to its fields. */
export function serverProblems(error: unknown): DeviceProblems {
  if (!isClientError(error)) return NO_DEVICE_PROBLEMS
  if (error.code === 'plugin.exists') return { ...NO_DEVICE_PROBLEMS, name: error.message }
  const { own, others } = problemsFrom(error.errors, 'body.config_json')
  const ruleOf = (field: string): string | undefined => others.find((entry) => entry.field === field)?.rule
  const known = ['body.instance_name', 'body.interval_ms']
  const stray = others.filter(({ field }) => !known.includes(field)).map(({ field, rule }) => `${field} ${rule}`)
  const whole = own.get('')
  return {
    name: ruleOf('body.instance_name'),
    interval: ruleOf('body.interval_ms'),
    config: own,
    rest: whole === undefined ? stray : [`The configuration ${whole}`, ...stray],
  }
}
