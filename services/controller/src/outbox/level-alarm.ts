import type { Logger } from '@webmacs/service-kit'
import type { OutboxLevel } from './outbox.ts'

/** Parts of the bound, rising; each is over again when the level is a tenth of the bound below it. */
const STEPS = [
  { at: 0.5, level: 'warn' },
  { at: 0.8, level: 'error' },
] as const
const HYSTERESIS = 0.1

/** Says in the log when the outbox fills up, and when it sinks again. */
export class LevelAlarm {
  readonly #log: Pick<Logger, 'info' | 'warn' | 'error'>
  #raised = 0

  constructor(log: Pick<Logger, 'info' | 'warn' | 'error'>) {
    this.#log = log
  }

  look({ bytes, maxBytes, frames, unsent }: OutboxLevel): void {
    const share = bytes / maxBytes
    const facts = { percent: Math.round(share * 100), bytes, maxBytes, frames, unsent }
    for (let step = STEPS[this.#raised]; step !== undefined && share >= step.at; step = STEPS[this.#raised]) {
      this.#raised += 1
      this.#log[step.level]({ event: 'outbox.filling', ...facts }, 'the outbox fills up')
    }
    const before = this.#raised
    while (this.#raised > 0 && share < (STEPS[this.#raised - 1]?.at ?? 0) - HYSTERESIS) this.#raised -= 1
    if (this.#raised < before) this.#log.info({ event: 'outbox.sinking', ...facts }, 'the outbox sinks again')
  }
}
