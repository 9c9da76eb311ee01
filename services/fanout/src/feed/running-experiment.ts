import { type Bus, NoReplyError, request } from '@webmacs/bus'
import { type ExperimentId, type Micros, parseTime, RunningExperiment } from '@webmacs/contracts'

const DEADLINE_MS = 2000
const RETRY_MS = 1000

/** Knows which experiment runs: asks api at the start, after each change of an experiment and after the broker was away. */
export class RunningExperimentFollower {
  readonly #bus: Bus
  #running: { readonly id: ExperimentId; readonly startedOn: Micros } | undefined
  #asking: Promise<void> | undefined
  #isStale = false
  #retry: NodeJS.Timeout | undefined
  #stops: (() => void)[] = []

  constructor(bus: Bus) {
    this.#bus = bus
  }

  start(): void {
    const { nc, names, log } = this.#bus
    const subscription = nc.subscribe(names.subjects.changes('experiment', '*'), {
      callback: (err) => {
        if (err) log.error({ event: 'experiment.subscription-failed', err }, 'subscription to experiments failed')
        else this.#refresh()
      },
    })
    this.#stops.push(
      () => subscription.unsubscribe(),
      this.#bus.onStatus((status) => {
        if (status === 'connected') this.#refresh()
      }),
    )
    this.#refresh()
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop()
    clearTimeout(this.#retry)
    this.#isStale = false
    await this.#asking
    clearTimeout(this.#retry)
  }

  /** The experiment that a moment belongs to; null: none, or it is not known yet. */
  at(time: Micros): ExperimentId | null {
    return this.#running !== undefined && time >= this.#running.startedOn ? this.#running.id : null
  }

  /** One question at a time; what changes meanwhile asks for another. */
  #refresh(): void {
    this.#isStale = true
    this.#asking ??= this.#ask()
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#retry)
    while (this.#isStale) {
      this.#isStale = false
      if (await this.#askOnce()) continue
      this.#retry = setTimeout(() => this.#refresh(), RETRY_MS)
      break
    }
    // In the same step as the last look at `#isStale`: a change right after it must find nobody asking.
    this.#asking = undefined
  }

  /** @returns false when there was no answer */
  async #askOnce(): Promise<boolean> {
    const { names, log } = this.#bus
    try {
      const options = { timeoutMs: DEADLINE_MS }
      const { experiment } = await request(this.#bus, names.subjects.runningExperiment, {}, RunningExperiment, options)
      const startedOn = experiment === null ? undefined : parseTime(experiment.started_on)
      this.#running =
        experiment === null || startedOn === undefined ? undefined : { id: experiment.public_id, startedOn }
      return true
    } catch (err) {
      if (!(err instanceof NoReplyError)) {
        log.warn({ event: 'experiment.unknown', err }, 'the running experiment could not be found out')
      }
      return false
    }
  }
}
