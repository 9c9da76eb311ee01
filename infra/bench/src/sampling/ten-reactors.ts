import { openBucket } from '@webmacs/bus'
import { controllerKeys, DEFAULT_CONTROLLER, DesiredInstance, type EventId, newId } from '@webmacs/contracts'
import type { BenchDatabase, BenchSite } from '../site.ts'

export const INTERVAL_MS = 200
export const INSTANCES = 10
/** Seven sensors, two outputs and the further ones. */
const FURTHER = 41
const CHANNELS: readonly (readonly [id: string, direction: 'input' | 'output'])[] = [
  ...['temp_reactor', 'temp_inlet', 'temp_outlet', 'pressure_chamber', 'pressure_diff', 'volume_flow', 'humidity'].map(
    (id) => [id, 'input'] as const,
  ),
  ['heater_power', 'output'],
  ['valve_position', 'output'],
  ...Array.from({ length: FURTHER }, (_, index) => [`sensor_${index + 1}`, 'input'] as const),
]
export const SIGNALS = INSTANCES * CHANNELS.length

/** Wants ten simulated instances in demo mode, each channel with an event of the database. @returns which instance an event belongs to */
export async function wantReactors(
  { bus }: BenchSite,
  { events }: BenchDatabase,
): Promise<ReadonlyMap<EventId, number>> {
  const bucket = await openBucket(bus, bus.names.buckets.controllers, DesiredInstance)
  const owners = new Map<EventId, number>()
  for (let number = 0; number < INSTANCES; number++) {
    const instance = newId('plg')
    const channels = CHANNELS.map(([channel, direction], index) => {
      const event = events[number * CHANNELS.length + index]?.publicId
      if (event === undefined) throw new RangeError('the database has too few events')
      owners.set(event, number)
      return { channel, event, direction, settings: {} }
    })
    await bucket.put(controllerKeys.desired(DEFAULT_CONTROLLER, instance), {
      ...{ instance, name: `Reactor ${number}`, plugin: 'simulated', enabled: true, demo_mode: true },
      ...{ config: { extra_channels: FURTHER }, interval_ms: INTERVAL_MS, channels },
    })
  }
  return owners
}
