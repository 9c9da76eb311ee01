import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '@webmacs/bus'
import { type EventId, type Frame, formatTime, nowMicros } from '@webmacs/contracts'

export const SIGNALS = 500
/** Slower than the live stream's cap of 5 Hz, which would otherwise be what is measured. */
const RATE_HZ = 2
/** A source samples its channels in groups, as instances do; a group is one frame. */
const GROUP = 50

/** Publishes 500 signals at 2 Hz, spread over the half second, each frame stamped when it is sampled. */
export async function runSignals(bus: Bus, events: readonly EventId[], durationMs: number): Promise<number> {
  const groups = Array.from({ length: Math.ceil(events.length / GROUP) }, (_, n) =>
    events.slice(n * GROUP, (n + 1) * GROUP),
  )
  const stepMs = 1000 / RATE_HZ / groups.length
  const steps = Math.floor(durationMs / stepMs)
  const startedAt = performance.now()
  for (let step = 0; step < steps; step += 1) {
    const group = groups[step % groups.length] ?? []
    const values = Object.fromEntries(group.map((event) => [event, step])) as Frame['values'] // the keys are event ids
    const frame: Frame = {
      source: 'bench',
      epoch: String(startedAt | 0),
      seq: step + 1,
      time: formatTime(nowMicros()),
      values,
    }
    bus.nc.publish(bus.names.subjects.readings('bench'), JSON.stringify(frame))
    const waitMs = startedAt + (step + 1) * stepMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
  }
  await bus.nc.flush()
  return steps * GROUP
}

/** Resolves when a socket is open, rejects when it cannot be. */
export async function opened(socket: NodeJS.EventEmitter): Promise<void> {
  await once(socket, 'open')
}
