import { nowMicros } from '@webmacs/contracts'
import type { Metrics } from '@webmacs/service-kit'
import type { FillRate } from './outbox/fill-rate.ts'
import type { DroppedFrames, Outbox, OutboxMessage } from './outbox/outbox.ts'
import type { BeatMessage } from './plugin-host/messages.ts'
import type { BacklogRate } from './publishing/backlog-rate.ts'

/** What this controller counts. */
export interface ControllerMetrics {
  beat(instance: string, beat: BeatMessage): void
  restarted(instance: string): void
  removed(instance: string): void
  published(message: OutboxMessage): void
  dropped(frames: DroppedFrames): void
}

export interface Measured {
  readonly outbox: Outbox
  readonly rate: BacklogRate
  readonly fill: FillRate
  /** Gaps that the historian does not know yet. */
  readonly untoldGaps: () => number
}

export function createControllerMetrics(metrics: Metrics, measured: Measured): ControllerMetrics {
  const { outbox, rate, fill, untoldGaps } = measured
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
    gauge.set(outbox.unsent()),
  )
  metrics.gauge('controller_outbox_unwritten_frames', 'Frames that the disk did not take, in memory', [], (gauge) =>
    gauge.set(outbox.level().unwritten),
  )
  metrics.gauge('controller_outbox_bytes', 'What the outbox takes, mostly on disk', [], (gauge) =>
    gauge.set(outbox.level().bytes),
  )
  metrics.gauge('controller_outbox_max_bytes', 'Above it, the oldest frames go', [], (gauge) =>
    gauge.set(outbox.level().maxBytes),
  )
  metrics.gauge(
    'controller_outbox_overflow_seconds',
    'When the outbox is full if it goes on as in the last minute; no value while it does not fill up',
    [],
    (gauge) => {
      const seconds = fill.secondsUntilFull()
      if (seconds === undefined) gauge.remove()
      else gauge.set(seconds)
    },
  )
  metrics.gauge('controller_backlog_rate', 'How fast a backlog may go, readings/s', [], (gauge) =>
    gauge.set(rate.limit()),
  )
  metrics.gauge('controller_nominal_rate', 'What comes in, readings/s', [], (gauge) => gauge.set(rate.nominal()))
  metrics.gauge('controller_untold_gaps', 'Gaps that are not in the ledger yet', [], (gauge) => gauge.set(untoldGaps()))
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
    dropped: ({ sent, firstSeq, lastSeq }) => dropped.inc({ state: sent ? 'sent' : 'unsent' }, lastSeq - firstSeq + 1),
  }
}

/** A process that was restarted counts from 0 again. */
const growth = (before: number | undefined, now: number): number =>
  before === undefined || now < before ? now : now - before
