import { type Bus, InvalidMessageError, NoReplyError, onceReached, request } from '@webmacs/bus'
import { AppError, Watermark } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { Logger } from '@webmacs/service-kit'
import type { Outbox } from '../outbox/outbox.ts'
import type { Publisher } from './publisher.ts'

type Subscription = ReturnType<Bus['nc']['subscribe']>

export interface DeliveryAuditOptions {
  readonly bus: Bus
  readonly outbox: Outbox
  readonly publisher: Publisher
  readonly source: string
  readonly intervalMs: number
  readonly log: Logger
}

const REQUEST_TIMEOUT_MS = 2000

const validate = createValidator(Watermark, 'watermark')

/**
 * Makes sure that what left for the broker arrives at the historian: takes its watermarks as they come and asks for them after each
 * reconnect and once a minute, and has frames sent again that the stream lost before the historian had dealt with them.
 */
export class DeliveryAudit {
  readonly #options: DeliveryAuditOptions
  #timer: NodeJS.Timeout | undefined
  #stopFollowing: (() => void)[] = []
  #running: Promise<void> | undefined
  /** Confirmations of before the connection was lost; frames that they are about may have gone with the broker's memory. */
  #doubtful: number | undefined
  /** When the stream that we publish to was made. */
  #streamCreated: string | undefined
  #stopped = false

  constructor(options: DeliveryAuditOptions) {
    this.#options = options
  }

  start(): void {
    const { bus, intervalMs } = this.#options
    let subscription: Subscription | undefined
    const stopWaiting = onceReached(bus, () => {
      subscription = this.#subscribe()
    })
    const stopStatus = bus.onStatus((status) => {
      if (status !== 'connected') return
      this.#doubtful = this.#options.outbox.confirmations()
      this.run()
    })
    this.#timer = setInterval(() => this.run(), intervalMs)
    this.#stopFollowing = [stopWaiting, () => subscription?.unsubscribe(), stopStatus]
    this.run()
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    for (const stop of this.#stopFollowing) stop()
  }

  #subscribe(): Subscription {
    const { bus, source, log } = this.#options
    return bus.nc.subscribe(bus.names.subjects.watermarks(source), {
      callback: (err, message) => {
        if (err) log.error({ event: 'watermark.subscription-failed', err }, 'watermarks cannot be followed')
        else this.#take(message.subject, message.string())
      },
    })
  }

  /** Does not pile up: while one audit runs, no other begins. */
  run(): void {
    this.#running ??= this.#audit().finally(() => {
      this.#running = undefined
    })
  }

  async #audit(): Promise<void> {
    const { bus, log } = this.#options
    if (bus.status() !== 'connected') return
    try {
      const historianAnswers = await this.#askForWatermarks()
      if (historianAnswers) this.#sendDoubtfulAgain()
      await this.#compareWithStream(historianAnswers)
    } catch (err) {
      // The broker went away in between, or its stream is not there yet: the next audit comes.
      if (!this.#stopped) log.warn({ event: 'outbox.audit-failed', err }, 'delivery could not be checked')
    }
  }

  /** @returns whether the historian answered for all that is outstanding */
  async #askForWatermarks(): Promise<boolean> {
    const { bus, outbox, source } = this.#options
    if (outbox.level().frames === 0) return true
    try {
      for (const epoch of outbox.epochs()) {
        const asked = { source, epoch }
        const subject = bus.names.subjects.historian('watermark')
        const answer = await request(bus, subject, asked, Watermark, { timeoutMs: REQUEST_TIMEOUT_MS })
        if (answer.epoch !== epoch || !this.#commit(answer, subject)) return false
      }
      return true
    } catch (err) {
      if (err instanceof NoReplyError || err instanceof AppError || err instanceof InvalidMessageError) return false
      throw err
    }
  }

  /**
   * A broker that lost power keeps its stream, but not its end, and counts on from there: once others have published, its state no longer
   * shows what is missing. So whatever the historian has not dealt with goes once more; it passes over what it has. It has to answer
   * first: without a reader, each reconnect would fill the stream with the same frames.
   */
  #sendDoubtfulAgain(): void {
    if (this.#doubtful === undefined) return
    const { outbox, publisher, log } = this.#options
    const frames = outbox.requeueLost({ replaced: true, firstSeq: 0, lastSeq: 0 }, this.#doubtful)
    this.#doubtful = undefined
    if (frames === 0) return
    log.info({ event: 'outbox.sent-again', frames }, 'the connection was lost, sending again what is not stored')
    publisher.wake()
  }

  async #compareWithStream(historianAnswers: boolean): Promise<void> {
    const { bus, outbox, publisher, log } = this.#options
    const confirmations = outbox.confirmations()
    const { created, state } = await bus.jsm.streams.info(bus.names.streams.readings)
    const replaced = this.#streamCreated !== undefined && this.#streamCreated !== created
    this.#streamCreated = created
    // Frames that the stream pushed out by its limits wait until somebody reads it again: before, they would only push out others.
    const firstSeq = historianAnswers ? state.first_seq : 0
    const lost = outbox.requeueLost({ replaced, firstSeq, lastSeq: state.last_seq }, confirmations)
    if (lost === 0) return
    log.warn(
      { event: 'outbox.stream-lost-frames', frames: lost, replaced },
      'the broker lost frames, sending them again',
    )
    publisher.wake()
  }

  #take(subject: string, text: string): void {
    const { bus, source, log } = this.#options
    const result = validate(parsed(text))
    if (!result.ok) log.warn({ event: 'watermark.invalid', errors: result.errors }, 'invalid watermark passed over')
    else if (subject === bus.names.subjects.watermarks(source)) this.#commit(result.value, subject)
  }

  /** Frames must not go because of what another source's historian says. @returns whether the watermark is about ours */
  #commit(watermark: Watermark, subject: string): boolean {
    const { outbox, source, log } = this.#options
    if (watermark.source === source) {
      outbox.commit(watermark)
      return true
    }
    log.warn(
      { event: 'watermark.foreign', subject, source: watermark.source },
      'watermark of another source passed over',
    )
    return false
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the validator says what is wrong
  }
}
