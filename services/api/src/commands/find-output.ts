import { AppError, type CreateCommand, type EventId, type InstanceId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import type { Kysely } from 'kysely'
import type { ControllerStates } from '../plugins/controller-states.ts'
import { unknownInstance } from '../plugins/instance-store.ts'
import { notAnOutput, type Output } from './output.ts'

export interface OutputSources {
  readonly db: Kysely<Tables>
  /** Knows the channels that are not mapped. */
  readonly states: ControllerStates
}

/**
 * The output that a command means.
 * @throws AppError `request.invalid`, `event.unknown`, `event.not-linked`, `plugin.unknown`, `channel.unknown`, `plugin.undescribed`,
 * `command.not-an-output`
 */
export async function findOutput(sources: OutputSources, command: CreateCommand): Promise<Output> {
  const { event_public_id: event, instance_public_id: instance, channel_id: channel } = command
  if (event !== undefined) {
    const other = instance === undefined ? 'channel_id' : 'instance_public_id'
    if (instance !== undefined || channel !== undefined) {
      throw invalidField(`body.${other}`, 'must not be given beside event_public_id')
    }
    return await outputOfEvent(sources.db, event)
  }
  if (instance === undefined)
    throw invalidField('body', 'must have event_public_id, or instance_public_id and channel_id')
  if (channel === undefined) throw invalidField('body.channel_id', 'is required beside instance_public_id')
  return await outputOfInstance(sources, instance, channel)
}

/**
 * The output that an event drives, as it can be set now.
 * @throws AppError `event.unknown`, `event.not-linked`, `command.not-an-output`
 */
export async function outputOfEvent(db: Kysely<Tables>, id: string): Promise<Output> {
  const rows = await db
    .selectFrom('events')
    .leftJoin('channel_mappings', 'channel_mappings.event_id', 'events.id')
    .leftJoin('plugin_instances', 'plugin_instances.id', 'channel_mappings.instance_id')
    .leftJoin('controllers', 'controllers.id', 'plugin_instances.controller_id')
    .select(['events.name as event_name', 'direction', 'channel_id', 'channel_name', 'channel_mappings.unit'])
    .select(['plugin_instances.public_id as instance', 'instance_name', 'enabled', 'driven_by'])
    .select('controllers.name as controller')
    .where('events.public_id', '=', id as EventId) // any text is looked up; another form of id is no event's
    .where('retired_on', 'is', null)
    .execute()
  const [first] = rows
  if (first === undefined) throw new AppError('event.unknown', { detail: 'Event not found.' })
  if (first.instance === null)
    throw new AppError('event.not-linked', { detail: `Event '${first.event_name}' is not linked to a channel.` })
  const row = rows.find(({ direction }) => direction !== 'input')
  if (row === undefined) throw notAnOutput(`Event '${first.event_name}' is fed by an input: it cannot be set.`)
  const { controller, instance, instance_name, channel_id, channel_name, unit } = row
  // A mapping has all of these; only the types do not know that this row has one.
  if (!controller || !instance || !instance_name || !channel_id || !channel_name || !unit)
    throw new AppError('internal')
  checkDriven({ instance_name, enabled: row.enabled === true, driven_by: row.driven_by })
  return {
    ...{ controller, instance, instanceName: instance_name, channel: channel_id, channelName: channel_name, unit },
    event: id as EventId, // found under it
  }
}

async function outputOfInstance({ db, states }: OutputSources, id: string, channel: string): Promise<Output> {
  const row = await db
    .selectFrom('plugin_instances')
    .innerJoin('controllers', 'controllers.id', 'plugin_instances.controller_id')
    .leftJoin('channel_mappings', (join) =>
      join.onRef('instance_id', '=', 'plugin_instances.id').on('channel_id', '=', channel),
    )
    .leftJoin('events', (join) =>
      join.onRef('events.id', '=', 'channel_mappings.event_id').on('events.retired_on', 'is', null),
    )
    .select(['controllers.name as controller', 'plugin_instances.public_id as instance', 'instance_name'])
    .select(['enabled', 'driven_by', 'direction', 'channel_name', 'channel_mappings.unit'])
    .select('events.public_id as event')
    .where('plugin_instances.public_id', '=', id as InstanceId) // as above
    .executeTakeFirst()
  if (row === undefined) throw unknownInstance(id)
  const { controller, instance, instance_name: instanceName, event } = row
  checkDriven(row)
  const { direction, channelName, unit } =
    row.direction === null || row.channel_name === null || row.unit === null
      ? describedChannel(states, { controller, instance, instanceName, channel })
      : { direction: row.direction, channelName: row.channel_name, unit: row.unit }
  if (direction === 'input')
    throw notAnOutput(`Channel '${channel}' of '${instanceName}' is an input: it cannot be set.`)
  return { controller, instance, instanceName, channel, channelName, unit, event }
}

/** What the controller says of a channel that is not mapped. */
function describedChannel(
  states: ControllerStates,
  { controller, instance, instanceName, channel }: Pick<Output, 'controller' | 'instance' | 'instanceName' | 'channel'>,
) {
  const report = states.report(controller, instance)
  if (report === undefined || report.channels.length === 0) {
    throw new AppError('plugin.undescribed', {
      detail: `The controller '${controller}' has not said which channels '${instanceName}' has.`,
    })
  }
  const described = report.channels.find((one) => one.id === channel)
  if (described === undefined) {
    throw new AppError('channel.unknown', { detail: `Channel '${channel}' of '${instanceName}' not found.` })
  }
  return { direction: described.direction, channelName: described.name, unit: described.unit }
}

function checkDriven({
  instance_name,
  enabled,
  driven_by,
}: {
  readonly instance_name: string
  readonly enabled: boolean
  readonly driven_by: string | null
}): void {
  if (driven_by === 'external') {
    throw notAnOutput(`'${instance_name}' is driven from outside: send a datapoint to whoever drives it.`)
  }
  if (!enabled) throw new AppError('event.not-linked', { detail: `'${instance_name}' is disabled: it cannot be set.` })
}
