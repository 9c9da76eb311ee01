import type { ChannelDescription } from '@webmacs/contracts'
import type { Row } from '@webmacs/database'
import { isDefault } from './config-check.ts'
import type { ControllerStates } from './controller-states.ts'

/**
 * The channels of an instance as its controller reports them, else as its driver has them under the default configuration, where that is its.
 * @returns undefined: nobody has said
 */
export function knownChannels(
  states: ControllerStates,
  controller: string,
  { public_id, plugin_id, config }: Pick<Row<'plugin_instances'>, 'public_id' | 'plugin_id' | 'config'>,
): readonly ChannelDescription[] | undefined {
  const reported = states.report(controller, public_id)?.channels ?? []
  if (reported.length > 0) return reported
  if (!isDefault(config)) return undefined
  const inventory = states.inventories.find((one) => one.controller === controller)
  return inventory?.plugins.find(({ id }) => id === plugin_id)?.channels
}
