import { setTimeout as delay } from 'node:timers/promises'
import type { ChannelDescription, ControllerInventory, InstanceId, ReportedInstance } from '@webmacs/contracts'
import { isDatabaseAway, isTransient, type Row, type Tables } from '@webmacs/database'
import { nextVersion } from '@webmacs/http-kit/versions'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { Broker } from '../broker.ts'
import type { Changes, Making } from '../changes/changes.ts'
import { askChannels } from './ask-controller.ts'
import { channelDifferences, isEmpty } from './channel-differences.ts'
import { followChannels, hasFollowed } from './follow-channels.ts'

interface FollowerOptions {
  readonly db: Kysely<Tables>
  readonly broker: Broker
  readonly changes: Changes
  readonly log: Logger
  readonly signal: AbortSignal
}

/** What a controller said of an instance that it has. */
interface HeardChannels {
  readonly controller: string
  readonly channels: readonly ChannelDescription[]
}

const RETRY_MS = 1000

/**
 * Keeps the mappings of instances equal to the channels that their devices have, as controllers report them. Every instance of this service
 * does so: what one has done leaves nothing to the others.
 */
export class ChannelFollower {
  readonly #options: FollowerOptions
  readonly #heard = new Map<InstanceId, HeardChannels>()
  readonly #inventories = new Map<string, ControllerInventory>()
  #working: Promise<void> | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  /** Only the newest report of an instance counts. */
  takeReport(controller: string, { instance, channels }: ReportedInstance): void {
    if (channels.length === 0) return // its device has not been reached: that says nothing
    this.#heard.set(instance, { controller, channels })
    this.#work()
  }

  /** For instances that were made before anybody had their driver, and do not run. */
  takeInventory(inventory: ControllerInventory): void {
    this.#inventories.set(inventory.controller, inventory)
    this.#work()
  }

  /** Resolves when all that was taken so far is done, or the signal has fired. */
  async settled(): Promise<void> {
    await this.#working
  }

  #work(): void {
    this.#working ??= this.#run().finally(() => {
      this.#working = undefined
      if (this.#hasWork) this.#work() // it came in the moment between
    })
  }

  get #hasWork(): boolean {
    return this.#heard.size + this.#inventories.size > 0 && !this.#options.signal.aborted
  }

  async #run(): Promise<void> {
    const { signal, log } = this.#options
    while (this.#hasWork) {
      try {
        await this.#followInventories()
        await this.#followReports()
      } catch (err) {
        log.warn({ event: 'channels.waiting', retryMs: RETRY_MS, err }, 'channels could not be looked up, trying again')
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined) // an abort ends the loop
      }
    }
  }

  async #followInventories(): Promise<void> {
    for (const [controller, inventory] of [...this.#inventories]) {
      for (const { row, plugin } of await withoutChannels(this.#options.db, inventory)) {
        const channels = await this.#channelsUnder(controller, plugin, row)
        if (channels.length > 0) this.#heard.set(row.public_id, { controller, channels })
      }
      // Another one may have come meanwhile.
      if (this.#inventories.get(controller) === inventory) this.#inventories.delete(controller)
    }
  }

  /** None where its driver cannot do with its configuration, or nobody answers: the running instance will tell. */
  async #channelsUnder(
    controller: string,
    plugin: ControllerInventory['plugins'][number],
    { public_id, config }: Row<'plugin_instances'>,
  ): Promise<readonly ChannelDescription[]> {
    try {
      return (await askChannels(this.#options.broker, { controller, plugin }, config)) ?? []
    } catch (err) {
      this.#options.log.info({ event: 'channels.undescribed', instance: public_id, err }, 'channels are not known yet')
      return []
    }
  }

  async #followReports(): Promise<void> {
    const heard = new Map(this.#heard)
    for (const instance of await differing(this.#options.db, heard)) {
      const channels = heard.get(instance)
      if (channels !== undefined && !this.#options.signal.aborted) await this.#follow(instance, channels)
    }
    for (const [instance, channels] of heard) if (this.#heard.get(instance) === channels) this.#heard.delete(instance)
  }

  async #follow(instance: InstanceId, heard: HeardChannels): Promise<void> {
    const { changes, log } = this.#options
    try {
      const done = await changes.make(null, (making) => follow(making, instance, heard))
      if (done === undefined) return
      const { added, blocked, leftOut } = done
      if (hasFollowed(done)) log.info({ event: 'channels.followed', instance, added }, 'channels follow the device')
      if (blocked.length + leftOut > 0)
        log.warn({ event: 'channels.left', instance, blocked, leftOut }, 'channels differ from the device')
    } catch (err) {
      if (isDatabaseAway(err) || isTransient(err)) throw err
      // What the database does not take now it will not take later; other instances go on.
      log.error({ event: 'channels.failed', instance, err }, 'channels cannot be taken over')
    }
  }
}

async function follow(making: Making, instance: InstanceId, { controller, channels }: HeardChannels) {
  const { trx, record } = making
  const row = await trx
    .selectFrom('plugin_instances')
    .selectAll('plugin_instances')
    .where('public_id', '=', instance)
    .where('controller_id', '=', (eb) => eb.selectFrom('controllers').select('id').where('name', '=', controller))
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) return undefined
  const done = await followChannels(making, row, channels)
  if (!hasFollowed(done)) return done
  await trx.updateTable('plugin_instances').set({ updated_on: nextVersion }).where('id', '=', row.id).execute()
  const { before, after } = done
  await record({
    ...{ entity: 'plugin_instance', verb: 'updated', id: instance },
    ...{ before: { channels: before }, after: { channels: after } },
  })
  return done
}

/** Which of them have to be locked and looked at again; most reports change nothing. */
async function differing(db: Kysely<Tables>, heard: ReadonlyMap<InstanceId, HeardChannels>): Promise<InstanceId[]> {
  if (heard.size === 0) return []
  const instances = await db
    .selectFrom('plugin_instances')
    .select(['id', 'public_id', 'removed_channels'])
    .where('public_id', 'in', [...heard.keys()])
    .execute()
  if (instances.length === 0) return []
  const mappings = await db
    .selectFrom('channel_mappings')
    .select(['id', 'instance_id', 'channel_id', 'channel_name', 'unit', 'direction', 'event_id'])
    .where(
      'instance_id',
      'in',
      instances.map(({ id }) => id),
    )
    .execute()
  const byInstance = Map.groupBy(mappings, ({ instance_id }) => instance_id)
  return instances.flatMap(({ id, public_id, removed_channels }) => {
    const channels = heard.get(public_id)?.channels ?? []
    return isEmpty(channelDifferences(byInstance.get(id) ?? [], channels, removed_channels)) ? [] : [public_id]
  })
}

/** Instances of a controller that have no channels at all, though it has their driver. */
async function withoutChannels(db: Kysely<Tables>, { controller, plugins }: ControllerInventory) {
  if (plugins.length === 0) return []
  const byId = new Map(plugins.map((plugin) => [plugin.id, plugin]))
  const rows = await db
    .selectFrom('plugin_instances')
    .innerJoin('controllers', 'controllers.id', 'plugin_instances.controller_id')
    .selectAll('plugin_instances')
    .where('controllers.name', '=', controller)
    .where('plugin_id', 'in', [...byId.keys()])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('channel_mappings')
            .select('channel_mappings.id')
            .whereRef('channel_mappings.instance_id', '=', 'plugin_instances.id'),
        ),
      ),
    )
    .orderBy('plugin_instances.id')
    .execute()
  return rows.flatMap((row) => {
    const plugin = byId.get(row.plugin_id)
    return plugin === undefined ? [] : [{ row, plugin }]
  })
}
