import { type Quality, type Reading, SENSOR_FAULT } from '@webmacs/plugin-sdk'
import { calibrate } from './calibration.ts'
import { type PlannedChannel, saysItsValue } from './channel-plans.ts'
import { isWorthSending, type SentReading, sentReading } from './deadband.ts'
import type { ValuesMessage } from './messages.ts'
import type { SamplePacker } from './sample-packer.ts'

export interface RecorderOptions {
  /** Values of a simulated device are true already. */
  readonly demoMode: boolean
  /** Micros. */
  readonly now: () => number
  readonly packer: SamplePacker
}

interface ChannelState {
  plan: PlannedChannel
  last: { readonly reading: Reading; readonly time: number } | undefined
  sent: SentReading | undefined
  /** Since then it has said nothing, micros. */
  silentSince: number
}

/** Faster channels are packed. */
const FAST_BELOW_MS = 100
const STALE_INTERVALS = 3
const MIN_STALE_MS = 2000
const STALE: Quality = Object.freeze(['bad', 'stale'] as const)

/**
 * What the channels say: keeps the last value of each, and passes on what is to be recorded. Of each channel in order: nothing is given out
 * that is older than what was given out before.
 */
export class Recorder {
  readonly #options: RecorderOptions
  #channels: ReadonlyMap<string, ChannelState> = new Map()

  constructor(options: RecorderOptions, planned: ReadonlyMap<string, PlannedChannel>) {
    this.#options = options
    this.change(planned)
  }

  change(planned: ReadonlyMap<string, PlannedChannel>): void {
    const before = this.#channels
    const silentSince = this.#options.now()
    this.#channels = new Map(
      [...planned].map(([id, plan]) => {
        const state = before.get(id) ?? { plan, last: undefined, sent: undefined, silentSince }
        // It may have another event now, which knows nothing of what was sent.
        return [id, { ...state, plan, sent: undefined }]
      }),
    )
  }

  /** Takes what was read at one instant. What is known to be newer of a channel stands. */
  read(time: number, readings: readonly Reading[]): void {
    this.#record(
      time,
      readings.filter(({ channel }) => time > this.#lastTime(channel)),
    )
  }

  /** Takes what the device sent by itself, or was given, in the order in which it comes. */
  take(readings: readonly Reading[], ageMs: number): void {
    // An age that is none must not become a time that nothing can follow.
    const age = Number.isFinite(ageMs) ? Math.max(0, Math.round(ageMs * 1000)) : 0
    const measured = Math.max(0, this.#options.now() - age)
    const newest = Math.max(...readings.map(({ channel }) => this.#lastTime(channel)))
    this.#record(Math.max(measured, newest + 1), readings)
  }

  /** The value that a channel has had since the time; undefined: it said nothing since. */
  valueSince(channel: string, time: number): number | undefined {
    const last = this.#channels.get(channel)?.last
    return last === undefined || last.time < time ? undefined : (last.reading.value ?? undefined)
  }

  /** The date was set: what was before is no measure for what comes. */
  realign(): void {
    const now = this.#options.now()
    for (const state of this.#channels.values()) {
      state.silentSince = now
      state.sent = undefined
      if (state.last !== undefined) state.last = { ...state.last, time: Math.min(state.last.time, now) }
    }
  }

  /** The device is there (again): from now on channels are expected to speak. */
  expect(): void {
    for (const state of this.#channels.values()) state.silentSince = this.#options.now()
  }

  /** Channels that should have said something long ago are stale, once. */
  noteSilence(): void {
    const now = this.#options.now()
    const silent = [...this.#channels.values()].filter((state) => this.#isOverdue(state, now))
    this.#takeBack(silent, STALE, now)
  }

  /** The device is gone: what its channels said last need not be true any more. */
  noteLoss(): void {
    const states = [...this.#channels.values()].filter(({ plan }) => saysItsValue(plan.channel))
    this.#takeBack(states, SENSOR_FAULT, this.#options.now())
  }

  /** What every channel shows. */
  values(): ValuesMessage['values'] {
    return [...this.#channels].map(([channel, { last }]) =>
      last === undefined
        ? { channel, value: null, quality: [...STALE], time: null }
        : { channel, value: last.reading.value, quality: [...last.reading.quality], time: last.time },
    )
  }

  #lastTime(channel: string): number {
    return this.#channels.get(channel)?.last?.time ?? Number.NEGATIVE_INFINITY
  }

  #isOverdue({ plan, last, silentSince }: ChannelState, now: number): boolean {
    const { channel, isMapped, hasOwnInterval, intervalMs } = plan
    if (!isMapped || !saysItsValue(channel) || last?.reading.quality.includes('stale')) return false
    if (channel.pushed && !this.#options.demoMode && !hasOwnInterval) return false
    return now - silentSince > Math.max(MIN_STALE_MS, STALE_INTERVALS * intervalMs) * 1000
  }

  #takeBack(states: readonly ChannelState[], quality: Quality, now: number): void {
    const readings = states.flatMap(({ plan, last }) =>
      last?.reading.value === null ? [] : [{ channel: plan.channel.id, value: null, quality }],
    )
    const newest = Math.max(...readings.map(({ channel }) => this.#lastTime(channel)))
    this.#record(Math.max(now, newest + 1), readings)
  }

  #record(time: number, readings: readonly Reading[]): void {
    const worth: Reading[] = []
    let isFast = true
    for (const raw of readings) {
      const state = this.#channels.get(raw.channel)
      if (state === undefined) continue
      const reading = this.#calibrated(state.plan, raw)
      state.last = { reading, time }
      state.silentSince = time
      const next = sentReading(reading, time)
      if (!state.plan.isMapped || !isWorthSending(state.sent, next, state.plan)) continue
      state.sent = next
      worth.push(reading)
      isFast &&= state.plan.intervalMs < FAST_BELOW_MS
    }
    this.#options.packer.add(time, worth, { isFast })
  }

  #calibrated({ calibration }: PlannedChannel, reading: Reading): Reading {
    if (calibration === undefined || this.#options.demoMode || reading.value === null) return reading
    const value = calibrate(calibration, reading.value)
    return Number.isFinite(value) ? { ...reading, value } : { ...reading, value: null, quality: SENSOR_FAULT }
  }
}
