import { type ControllerPulse, PULSE_TIMEOUT_MS } from '@webmacs/contracts'

/**
 * Which controllers have fallen silent. Judged by when signs of life arrive here, not by what they say: clocks of other machines may be
 * wrong. A controller that never gave one, or has stopped in order, is not silent.
 */
export class PulseWatch {
  readonly #last = new Map<string, { readonly seenOn: string; readonly atMs: number }>()
  readonly #nowMs: () => number

  /** @param nowMs of a clock that never jumps */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** @param pulse undefined: the controller has stopped. The same one again is no new sign of life */
  note(key: string, pulse: ControllerPulse | undefined): void {
    if (pulse === undefined) this.#last.delete(key)
    else if (this.#last.get(key)?.seenOn !== pulse.seen_on)
      this.#last.set(key, { seenOn: pulse.seen_on, atMs: this.#nowMs() })
  }

  isSilent(key: string): boolean {
    const last = this.#last.get(key)
    return last !== undefined && this.#nowMs() - last.atMs > PULSE_TIMEOUT_MS
  }
}
