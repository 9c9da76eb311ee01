import {
  AttributeIds,
  ClientMonitoredItemGroup,
  type ClientSubscription,
  type DataValue,
  TimestampsToReturn,
} from 'node-opcua-client'
import type { NodeConfig } from './config.ts'
import { isBad } from './quality-of.ts'

/** What was measured longer ago is rather a value that did not change since, or a clock that is wrong: it counts as of now. */
const MAX_AGE_MS = 60_000

/**
 * Watches nodes that are sampled alike.
 * @param sentAt when the server sent what is heard, epoch milliseconds
 * @param heard with the time between measuring and sending, both by the server's clock: how wrong that one is does not matter
 * @returns nodes that the server refuses, with its reason
 */
export async function monitor(
  subscription: ClientSubscription,
  nodes: readonly NodeConfig[],
  sentAt: () => number | undefined,
  heard: (node: NodeConfig, value: DataValue, ageMs: number) => void,
): Promise<ReadonlyMap<NodeConfig, string>> {
  const [first] = nodes
  const group = ClientMonitoredItemGroup.create(
    subscription,
    nodes.map(({ node_id }) => ({ nodeId: node_id, attributeId: AttributeIds.Value })),
    { samplingInterval: first?.sampling_interval_ms ?? 0, queueSize: first?.queue_size ?? 1, discardOldest: true },
    TimestampsToReturn.Both,
  )
  // The first values may be there before the answer that they are watched.
  group.on('changed', (_item, value, index) => {
    const node = nodes[index]
    if (node !== undefined) heard(node, value, ageOf(value, sentAt()))
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  group.on('initialized', resolve)
  group.on('terminated', (err: Error | undefined) => reject(err ?? new Error('the server ended the subscription')))
  await promise
  return new Map(
    group.monitoredItems.flatMap(({ statusCode }, index) => {
      const node = nodes[index]
      return node !== undefined && isBad(statusCode) ? [[node, statusCode.name]] : []
    }),
  )
}

function ageOf({ sourceTimestamp }: DataValue, sentAt: number | undefined): number {
  if (!sourceTimestamp || sentAt === undefined) return 0
  const ageMs = sentAt - sourceTimestamp.getTime()
  return ageMs >= 0 && ageMs <= MAX_AGE_MS ? ageMs : 0
}
