import { createDevice, type PluginLog, systemClock } from '@webmacs/plugin-sdk'
import { BackOff } from '../back-off.ts'
import { errorText } from '../error-text.ts'
import { DeviceSession } from './device-session.ts'
import { createLimitedLog } from './limited-log.ts'
import { loadPlugin } from './load-plugin.ts'
import type { ControllerMessage, HostMessage, SessionRequest, StartRequest } from './messages.ts'
import { systemTimers } from './timers.ts'
import { WallClock } from './wall-clock.ts'

const BEAT_INTERVAL_MS = 1000
const RECONNECT = { firstMs: 1000, maxMs: 60_000 }
/** Beyond the deadline for safe values: then the process ends, whatever the driver is still doing. */
const END_SLACK_MS = 1000

/** What the process of the host gives it. */
export interface HostSurroundings {
  /** Resolves when the message has left the process, or cannot leave it any more. */
  readonly send: (message: HostMessage) => Promise<void>
  readonly exit: (code: number) => void
}

/** Runs one instance of one driver for a controller, which is all that its process does. */
export class PluginHost {
  readonly #surroundings: HostSurroundings
  /** For this host's own lines: what a driver writes must not use up their share. */
  readonly #log: PluginLog
  readonly #clock = new WallClock()
  #session: DeviceSession | undefined
  /** What the controller asked for before the device was there. */
  #waiting: SessionRequest[] = []
  #beating: NodeJS.Timeout | undefined
  #ending = false
  #stopDeadlineMs = 0
  #lastSent: Promise<void> = Promise.resolve()

  constructor(surroundings: HostSurroundings) {
    this.#surroundings = surroundings
    this.#log = this.#createLog()
  }

  /** How long outputs may take to become safe; 0 while there is no device. */
  get stopDeadlineMs(): number {
    return this.#stopDeadlineMs
  }

  async handle(message: ControllerMessage): Promise<void> {
    switch (message.type) {
      case 'describe':
        return this.#endWith(0, {
          type: 'described',
          description: await (await import('./describe-plugin.ts')).describePlugin(message),
        })
      case 'probe':
        return this.#endWith(0, await (await import('./probe-device.ts')).probeDevice(message))
      case 'start':
        return this.#start(message)
      case 'stop':
        return this.stop(0)
      default:
        return this.#session === undefined ? this.#keepForLater(message) : this.#serve(this.#session, message)
    }
  }

  /** Outputs to their safe values, disconnects, ends the process. Only the first call counts. */
  async stop(exitCode: number): Promise<void> {
    if (this.#ending) return
    this.#ending = true
    const guard = setTimeout(() => this.#surroundings.exit(exitCode), this.#stopDeadlineMs + END_SLACK_MS)
    await this.#session?.stop()
    await this.#lastSent // what became of the outputs
    clearTimeout(guard)
    this.#surroundings.exit(exitCode)
  }

  /** The driver failed outside of any call: says why, makes outputs safe as far as it still can, ends the process. */
  async fail(err: unknown): Promise<void> {
    if (this.#ending) return
    this.#send({ type: 'failed', message: errorText(err) })
    await this.stop(1)
  }

  async #start(request: StartRequest): Promise<void> {
    this.#stopDeadlineMs = request.deadlines.stopMs
    this.#beat()
    this.#beating = setInterval(() => this.#beat(), BEAT_INTERVAL_MS)
    const definition = await loadPlugin(request.plugin, request.module)
    const device = await createDevice(definition, {
      instanceName: request.instanceName,
      demoMode: request.demoMode,
      config: request.config,
      log: this.#createLog(),
      signal: AbortSignal.timeout(request.deadlines.connectMs),
    })
    if (this.#ending) return
    const session = new DeviceSession({
      device,
      plan: request.plan,
      deadlines: request.deadlines,
      setpoints: request.setpoints,
      backOff: new BackOff(RECONNECT),
      now: () => this.#clock.now(),
      timers: systemTimers,
      log: this.#log,
      send: (message) => this.#send(message),
      hung: () => void this.fail(new Error('the driver does not end what it was asked to end')),
    })
    this.#session = session
    const waiting = this.#waiting
    this.#waiting = []
    for (const message of waiting) this.#serve(session, message).catch((err: unknown) => this.fail(err))
    session.start()
  }

  async #serve(session: DeviceSession, message: SessionRequest): Promise<void> {
    switch (message.type) {
      case 'plan':
        return session.change(message.plan)
      case 'write':
        return session.write(message)
      case 'safe':
        return session.makeSafe(message)
      case 'look':
        return session.look(message)
      case 'contact':
        return session.setContact(message.hasContact)
    }
  }

  /** A command does not wait: the device may be away for long. */
  #keepForLater(message: SessionRequest): void {
    if (message.type !== 'write') return void this.#waiting.push(message)
    const { command, channel } = message
    const facts = { command, channel, time: this.#clock.now() }
    this.#send({ type: 'write-failed', ...facts, reason: 'away', message: 'the device is not connected' })
  }

  #createLog(): PluginLog {
    return createLimitedLog((line) => this.#send(line), systemClock.monotonicMs)
  }

  #beat(): void {
    if (this.#clock.adjust() === 'stepped') {
      this.#log.warn({ event: 'host.clock-set' }, 'the date was set, sampling is aligned anew')
      this.#session?.realign()
    }
    const { samples, overruns } = this.#session?.counters ?? { samples: 0, overruns: 0 }
    this.#send({ type: 'beat', samples, overruns, rssBytes: process.memoryUsage.rss() })
  }

  async #endWith(exitCode: number, message: HostMessage): Promise<void> {
    this.#ending = true
    clearInterval(this.#beating)
    await this.#surroundings.send(message)
    this.#surroundings.exit(exitCode)
  }

  #send(message: HostMessage): void {
    this.#lastSent = this.#surroundings.send(message)
  }
}
