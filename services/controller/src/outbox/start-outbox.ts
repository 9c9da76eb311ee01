import { join } from 'node:path'
import type { InstanceId } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { ControllerConfig } from '../config.ts'
import { newEpoch } from '../frames/epoch.ts'
import { InstanceWatch } from '../gaps/instance-watch.ts'
import { defaultMaxBytes } from './bounds.ts'
import { DiskOutbox } from './disk-outbox.ts'
import { DropLog } from './drop-log.ts'
import { FillRate } from './fill-rate.ts'
import { LevelAlarm } from './level-alarm.ts'
import type { DroppedFrames } from './outbox.ts'
import { OutboxKeeper } from './outbox-keeper.ts'

export interface StartOutboxOptions {
  readonly config: Pick<
    ControllerConfig,
    'WEBMACS_DATA_DIR' | 'WEBMACS_CONTROLLER_ID' | 'OUTBOX_MAX_BYTES' | 'OUTBOX_MAX_AGE_HOURS' | 'OUTBOX_LIVE_AGE_MS'
  >
  readonly log: Logger
  readonly onDropped: (frames: DroppedFrames) => void
  /** How often an instance is read, ms; undefined: not known. */
  readonly intervalOf: (instance: InstanceId) => number | undefined
}

export interface StartedOutbox {
  readonly outbox: DiskOutbox
  readonly watch: InstanceWatch
  readonly fill: FillRate
  /** To be called when nothing is appended any more. */
  stop(): Promise<void>
}

/** While the disk takes nothing. */
const MAX_UNWRITTEN_BYTES = 16 * 1024 * 1024
const MICROS_PER_HOUR = 3_600_000_000

/** Opens the controller's outbox with all that looks after it. */
export async function startOutbox({ config, log, onDropped, intervalOf }: StartOutboxOptions): Promise<StartedOutbox> {
  const path = join(config.WEBMACS_DATA_DIR, 'controller', config.WEBMACS_CONTROLLER_ID, 'outbox.db')
  const dropLog = new DropLog(log)
  const outbox = new DiskOutbox({
    path,
    source: config.WEBMACS_CONTROLLER_ID,
    epoch: newEpoch(),
    bounds: {
      maxBytes: config.OUTBOX_MAX_BYTES ?? (await defaultMaxBytes(path)),
      maxAge: config.OUTBOX_MAX_AGE_HOURS * MICROS_PER_HOUR,
      maxUnwrittenBytes: MAX_UNWRITTEN_BYTES,
    },
    liveAge: config.OUTBOX_LIVE_AGE_MS * 1000,
    log,
    onDropped: (frames) => {
      onDropped(frames)
      dropLog.note(frames)
    },
  })
  const watch = new InstanceWatch({
    intervalOf: (instance) => {
      const intervalMs = intervalOf(instance)
      return intervalMs === undefined ? undefined : intervalMs * 1000
    },
    onGap: (gap) => outbox.gaps.add(gap),
  })
  outbox.shelf.attempt(() => watch.load(outbox.shelf.db))
  const { frames, bytes, maxBytes } = outbox.level()
  log.info({ event: 'outbox.opened', path, frames, bytes, maxBytes }, 'outbox opened')
  const fill = new FillRate()
  const keeper = new OutboxKeeper({ outbox, watch, alarm: new LevelAlarm(log), fill, path, log })
  keeper.start()
  return {
    outbox,
    watch,
    fill,
    stop: async () => {
      await keeper.stop()
      dropLog.stop()
    },
  }
}
