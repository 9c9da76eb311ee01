import type { CreatePluginInstance, DrivenBy, PluginInstance, UpdatePluginInstance } from '@webmacs/contracts'
import type { FormField } from '../schema-form/form-model.ts'
import { initialValue, withoutBlanks } from '../schema-form/form-values.ts'

/** A device as it stands in the form. */
export interface DeviceDraft {
  readonly name: string
  readonly isEnabled: boolean
  readonly isDemo: boolean
  /** Undefined while the field is empty. */
  readonly intervalMs: number | undefined
  readonly drivenBy: DrivenBy
  /** Undefined: the driver's defaults. */
  readonly config: unknown
}

/** What stands in for the driver's schema where nobody knows it. */
export const ANY_CONFIG: FormField = {
  kind: 'json',
  title: 'Configuration',
  description: 'No controller describes this driver now',
  default: undefined,
}

const DEFAULT_INTERVAL_MS = 1000

/** @param taken names that other instances have */
export const newDraft = (driverName: string, form: FormField, taken: readonly string[]): DeviceDraft => ({
  name: freeName(driverName, taken),
  isEnabled: true,
  isDemo: false,
  intervalMs: DEFAULT_INTERVAL_MS,
  drivenBy: 'controller',
  config: initialValue(form, true),
})

/** `Modbus`, `Modbus 2`, `Modbus 3`, whatever is free. */
function freeName(wanted: string, taken: readonly string[]): string {
  for (let place = 1; ; place++) {
    const name = place === 1 ? wanted : `${wanted} ${place}`
    if (!taken.includes(name)) return name
  }
}

export const draftOf = (instance: PluginInstance, form: FormField): DeviceDraft => ({
  name: instance.instance_name,
  isEnabled: instance.enabled,
  isDemo: instance.demo_mode,
  intervalMs: instance.interval_ms,
  drivenBy: instance.driven_by,
  config: instance.config_json === null ? initialValue(form, true) : JSON.parse(instance.config_json),
})

/** As the server takes it: the text of an object, or null where there is nothing to say. */
export function configText(config: unknown, form: FormField): string | null {
  const filled = withoutBlanks(form, config)
  return filled === undefined || JSON.stringify(filled) === '{}' ? null : JSON.stringify(filled)
}

const common = (draft: DeviceDraft, form: FormField) => ({
  instance_name: draft.name.trim(),
  enabled: draft.isEnabled,
  demo_mode: draft.isDemo,
  driven_by: draft.drivenBy,
  config_json: configText(draft.config, form),
  ...(draft.intervalMs === undefined ? {} : { interval_ms: draft.intervalMs }),
})

export const createBody = (
  draft: DeviceDraft,
  form: FormField,
  { pluginId, makesEvents }: { readonly pluginId: string; readonly makesEvents: boolean },
): CreatePluginInstance => ({ ...common(draft, form), plugin_id: pluginId, auto_create_events: makesEvents })

export const updateBody = (draft: DeviceDraft, form: FormField): UpdatePluginInstance => common(draft, form)
