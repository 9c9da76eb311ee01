import { type Channel, type DevicePlugin, GOOD, type PluginLog, type Reading, SIMULATED } from '@webmacs/plugin-sdk'
import type { PlannedOutput } from './channel-plans.ts'
import type { DeviceDeadlines, OutputMessage } from './messages.ts'
import type { Timers } from './timers.ts'

/** What outputs need from the instance they belong to. */
export interface OutputContext {
  readonly device: Pick<DevicePlugin<unknown>, 'demoMode' | 'write' | 'read' | 'applySafeState'>
  readonly deadlines: DeviceDeadlines
  /** Micros. */
  readonly now: () => number
  readonly timers: Timers
  readonly log: PluginLog
  readonly send: (message: OutputMessage) => void
  /** An output was given this value just now. */
  readonly wrote: (reading: Reading) => void
  /** The device was asked at this time, and said this. */
  readonly read: (reading: Reading, time: number) => void
  /** Value that a channel has had since a time (micros; 0: the last one known); undefined: not known. */
  readonly valueSince: (channel: string, time: number) => number | undefined
  readonly lost: (err: unknown) => void
  /** The driver heeds nothing any more; its process has to go. */
  readonly hung: () => void
}

/** A place in the queue for an output. */
export interface Turn {
  /** Resolves when it is its turn. */
  readonly comes: Promise<void>
  readonly end: () => void
}

/** One output as this process knows it. */
export class Output {
  readonly channel: Channel
  plan: PlannedOutput
  /** The last value that was confirmed; none since it was made safe on request. */
  setpoint: number | undefined
  /** Whether what was written last is its safe value. */
  isSafe = false
  /** It was to be made safe and could not be: it is tried again, and when its device is connected again, whatever its policy says then. */
  owesSafe = false
  writing: AbortController | undefined
  #verifying: AbortController | undefined
  #safes = 0
  #tail: Promise<void> = Promise.resolve()

  constructor(channel: Channel, plan: PlannedOutput, setpoint: number | undefined) {
    this.channel = channel
    this.plan = plan
    this.setpoint = setpoint
  }

  /** Rises when it is made safe: commands from before are not written any more. */
  get safes(): number {
    return this.#safes
  }

  /** One thing at a time happens to it, in the order in which turns were taken. */
  takeTurn(): Turn {
    const comes = this.#tail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tail = promise
    return { comes, end: resolve }
  }

  /** Whatever is written, or waits to be, is given up. */
  giveWay(): void {
    this.#safes += 1
    this.isSafe = false
    this.writing?.abort()
    this.endVerification()
  }

  /** @returns fires when the verification is to end */
  startVerification(): AbortSignal {
    this.#verifying = new AbortController()
    return this.#verifying.signal
  }

  endVerification(): void {
    this.#verifying?.abort()
  }

  /** Shows the value that it was given. */
  show(value: number, { device, wrote }: OutputContext): void {
    wrote({ channel: this.channel.id, value, quality: device.demoMode ? SIMULATED : GOOD })
  }
}
