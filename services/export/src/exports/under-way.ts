/** Why an export ends before its end. */
export class ExportEndedError extends Error {
  /** `cancelled`: somebody wished so, or another process has it; `stopping`: this process ends. */
  readonly reason: 'cancelled' | 'stopping'
  constructor(reason: 'cancelled' | 'stopping') {
    super(`export ${reason}`)
    this.name = 'ExportEndedError'
    this.reason = reason
  }
}

/** The exports that this process makes now, so that they can be ended at once. */
export class UnderWay {
  readonly #aborters = new Map<string, AbortController>()
  #isStopping = false

  /** Dispose of it when the export has ended. */
  begin(id: string): { readonly signal: AbortSignal; end(): void } & Disposable {
    const aborter = new AbortController()
    this.#aborters.set(id, aborter)
    if (this.#isStopping) aborter.abort(new ExportEndedError('stopping'))
    return {
      signal: aborter.signal,
      end: () => aborter.abort(new ExportEndedError('cancelled')),
      [Symbol.dispose]: () => void this.#aborters.delete(id),
    }
  }

  cancel(id: string): void {
    this.#aborters.get(id)?.abort(new ExportEndedError('cancelled'))
  }

  stop(): void {
    this.#isStopping = true
    for (const aborter of this.#aborters.values()) aborter.abort(new ExportEndedError('stopping'))
  }
}
