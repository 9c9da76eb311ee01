import type { InstanceId, PluginTestResult, TestPluginInstance } from '@webmacs/contracts'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import { askTest } from './ask-controller.ts'
import { checkConfig } from './config-check.ts'
import { withStoredSecrets } from './config-secrets.ts'
import { type InstanceConfig, parseConfigText } from './config-text.ts'
import { findDriver, unknownDriver } from './driver-offers.ts'
import type { InstanceParts } from './instance-changes.ts'
import { unknownInstance } from './instance-store.ts'

/**
 * Whether a device answers under a configuration that is not saved; nothing is written to it.
 * @throws AppError `plugin.unknown`, `request.invalid`, `controller.away`, `broker.unavailable`
 */
export async function testInstance(
  { db, states, broker }: Omit<InstanceParts, 'changes'>,
  { plugin_id, config_json = null, demo_mode = false, instance_public_id }: TestPluginInstance,
): Promise<PluginTestResult> {
  const sent = parseConfigText(config_json)
  const stored = instance_public_id === undefined ? undefined : await readStored(db, instance_public_id, plugin_id)
  const config = withStoredSecrets(sent, stored?.config)
  const offer = findDriver(states, plugin_id, stored?.controller)
  if (offer === undefined) throw unknownDriver(plugin_id)
  checkConfig(offer.plugin, config, demo_mode)
  return askTest(broker, offer.controller, { plugin: plugin_id, config, demo_mode })
}

interface Stored {
  readonly config: InstanceConfig
  readonly controller: string
}

/** @param id as a client wrote it; any text */
async function readStored(db: InstanceParts['db'], id: string, plugin: string): Promise<Stored> {
  const row = await db
    .selectFrom('plugin_instances')
    .innerJoin('controllers', 'controllers.id', 'plugin_instances.controller_id')
    .select(['config', 'plugin_id', 'controllers.name as controller'])
    .where('public_id', '=', id as InstanceId) // only looked up: another form of id is no instance's
    .executeTakeFirst()
  if (row === undefined) throw unknownInstance(id)
  // One driver's secrets are none of another's business.
  if (row.plugin_id !== plugin) throw invalidField('body.instance_public_id', `is an instance of '${row.plugin_id}'`)
  return row
}
