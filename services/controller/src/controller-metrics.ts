import { nowMicros } from '@webmacs/contracts'
import type { Metrics } from '@webmacs/service-kit'
import type { DroppedFrame } from './outbox/memory-outbox.ts'
import type { Outbox, OutboxMessage } from './outbox/outbox.ts'
import type { BeatMessage } from './plugin-host/messages.ts'

/** What this controller counts. */
export interface ControllerMetrics {
  beat(instance: string, beat: BeatMessage): void
  restarted(instance: string): void
  removed(instance: string): void
  published(message: OutboxMessage): void
  dropped(frame: DroppedFrame): void
}

export function createControllerMetrics(metrics: Metrics, outbox: Outbox): ControllerMetrics {
  const samples = metrics.counter('controller_samples_total', 'Sampling cycles done', ['plugin_instance'])
  const overruns = metrics.counter(
    'controller_overruns_total',
    'Sampling cycles left out because the one before was not done',
    ['plugin_instance'],
  )
  const restarts = metrics.counter('controller_plugin_restarts_total', 'Restarts of plugin processes', [
    'plugin_instance',
  ])
  const memory = metrics.gauge('controller_plugin_memory_bytes', 'Resident memory of plugin processes', [
    'plugin_instance',
  ])
  const published = metrics.counter('controller_frames_published_total', 'Frames that the broker has', ['lane'])
  const dropped = metrics.counter(
    'controller_frames_dropped_total',
    'Frames that a full outbox let go: unsent ones are lost, sent ones are in the stream',
    ['state'],
  )
  metrics.gauge('controller_outbox_frames', 'Frames that the historian has not dealt with', [], (gauge) =>
    gauge.set(outbox.level().frames),
  )
  metrics.gauge('controller_outbox_unsent_frames', 'Frames that no broker has', [], (gauge) =>
    gauge.set(outbox.level().unsent),
  )
  metrics.gauge('controller_outbox_bytes', 'Memory of the outbox', [], (gauge) => gauge.set(outbox.level().bytes))
  metrics.gauge('controller_outbox_oldest_seconds', 'Age of the oldest frame in the outbox', [], (gauge) => {
    const oldest = outbox.level().oldest
    gauge.set(oldest === undefined ? 0 : Math.max(0, nowMicros() - oldest) / 1_000_000)
  })
  const last = new Map<string, BeatMessage>()
  return {
    beat: (plugin_instance, beat) => {
      const before = last.get(plugin_instance)
      last.set(plugin_instance, beat)
      samples.inc({ plugin_instance }, growth(before?.samples, beat.samples))
      overruns.inc({ plugin_instance }, growth(before?.overruns, beat.overruns))
      memory.set({ plugin_instance }, beat.rssBytes)
    },
    restarted: (plugin_instance) => {
      restarts.inc({ plugin_instance })
      memory.remove({ plugin_instance })
    },
    removed: (plugin_instance) => {
      last.delete(plugin_instance)
      for (const metric of [samples, overruns, restarts, memory]) metric.remove({ plugin_instance })
    },
    published: ({ lane, frames }) => published.inc({ lane }, frames),
    dropped: ({ sent }) => dropped.inc({ state: sent ? 'sent' : 'unsent' }),
  }
}

/** A process that was restarted counts from 0 again. */
const growth = (before: number | undefined, now: number): number =>
  before === undefined || now < before ? now : now - before
