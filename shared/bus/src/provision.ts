import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import { nanos } from '@nats-io/transport-node'
import type { Bus } from './connection.ts'

/** Bounds of what the broker stores. JetStream reserves the bytes when a stream is made. */
export interface BusLimits {
  readonly readingsBytes: number
  readonly readingsAgeHours: number
  readonly changesBytes: number
  readonly changesAgeHours: number
  readonly deadBytes: number
  readonly deadAgeHours: number
  readonly commandsBytes: number
  readonly commandsAgeHours: number
  readonly bucketBytes: number
  readonly packagesBytes: number
}

const MIB = 1024 * 1024

export const DEFAULT_LIMITS = {
  readingsBytes: 2048 * MIB,
  readingsAgeHours: 48,
  changesBytes: 64 * MIB,
  changesAgeHours: 7 * 24,
  deadBytes: 128 * MIB,
  deadAgeHours: 30 * 24,
  commandsBytes: 64 * MIB,
  commandsAgeHours: 7 * 24,
  bucketBytes: 64 * MIB,
  packagesBytes: 512 * MIB,
} as const satisfies BusLimits

/** What `DEFAULT_LIMITS` reserve together, for the server's own bound. */
export const DEFAULT_LIMITS_BYTES =
  DEFAULT_LIMITS.readingsBytes +
  DEFAULT_LIMITS.changesBytes +
  DEFAULT_LIMITS.deadBytes +
  DEFAULT_LIMITS.commandsBytes +
  2 * DEFAULT_LIMITS.bucketBytes +
  DEFAULT_LIMITS.packagesBytes

/**
 * Unacknowledged this long, a message is delivered again, ms: what a killed writer held is stored that much later. A writer that needs longer
 * says in time that it is working.
 */
export const ACK_WAIT_MS = 10_000

/**
 * Makes streams, durables and buckets, or brings existing ones to these limits. Must have run before any publisher starts:
 * what is published to a subject without a stream is kept by nobody.
 */
export async function provision(bus: Bus, limits: BusLimits = DEFAULT_LIMITS): Promise<void> {
  const { names } = bus
  // READINGS keeps by limits, not by interest: with interest, acknowledged messages were lost across restarts of server 2.9.
  await ensureStream(bus, names.streams.readings, [names.subjects.allReadings, names.subjects.allBacklog], {
    max_bytes: limits.readingsBytes,
    max_age: hours(limits.readingsAgeHours),
  })
  await ensureStream(bus, names.streams.changes, [names.subjects.allChanges], {
    max_bytes: limits.changesBytes,
    max_age: hours(limits.changesAgeHours),
  })
  await ensureStream(bus, names.streams.dead, [names.subjects.allDead], {
    max_bytes: limits.deadBytes,
    max_age: hours(limits.deadAgeHours),
  })
  await ensureStream(bus, names.streams.commands, [names.subjects.allCommandReports], {
    max_bytes: limits.commandsBytes,
    max_age: hours(limits.commandsAgeHours),
  })
  await ensureDurable(bus, names.streams.readings, names.durables.ingest)
  await ensureDurable(bus, names.streams.commands, names.durables.commandHistory)
  const kvm = new Kvm(bus.js)
  for (const bucket of Object.values(names.buckets)) {
    await kvm.create(bucket, { history: 1, max_bytes: limits.bucketBytes })
    await bus.jsm.streams.update(`KV_${bucket}`, { max_bytes: limits.bucketBytes })
  }
  await new Objm(bus.js).create(names.files.packages, { max_bytes: limits.packagesBytes })
  await bus.jsm.streams.update(`OBJ_${names.files.packages}`, { max_bytes: limits.packagesBytes })
}

/** Removes all that `provision` made below the bus's prefix, with its contents. For tests. */
export async function unprovision(bus: Bus): Promise<void> {
  const { streams, buckets, files } = bus.names
  const all = [
    ...Object.values(streams),
    ...Object.values(buckets).map((bucket) => `KV_${bucket}`),
    ...Object.values(files).map((store) => `OBJ_${store}`),
  ]
  for (const stream of all) await bus.jsm.streams.delete(stream)
}

async function ensureStream(
  bus: Bus,
  name: string,
  subjects: string[],
  bounds: Pick<StreamConfig, 'max_bytes' | 'max_age'>,
): Promise<void> {
  const changeable = { subjects, ...bounds }
  try {
    await bus.jsm.streams.update(name, changeable)
  } catch (err) {
    if (!isNotFound(err, JetStreamApiCodes.StreamNotFound)) throw err
    await bus.jsm.streams.add({
      name,
      ...changeable,
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      num_replicas: 1,
    })
  }
}

async function ensureDurable(bus: Bus, stream: string, durable: string): Promise<void> {
  const changeable = { ack_wait: nanos(ACK_WAIT_MS), max_ack_pending: -1, max_deliver: -1 }
  try {
    await bus.jsm.consumers.update(stream, durable, changeable)
  } catch (err) {
    if (!isNotFound(err, JetStreamApiCodes.ConsumerNotFound)) throw err
    await bus.jsm.consumers.add(stream, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ...changeable,
    })
  }
}

const isNotFound = (err: unknown, code: number): boolean => err instanceof JetStreamApiError && err.code === code

const hours = (count: number): number => nanos(count * 3_600_000)
