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

interface Work {
  readonly id: string
  readonly aborter: AbortController
  readonly ended: PromiseWithResolvers<void>
}

/** The exports that this process makes now, so that they can be ended at once. */
export class UnderWay {
  readonly #works = new Set<Work>()
  #isStopping = false

  /** Dispose of it when the export has ended. */
  begin(id: string): { readonly signal: AbortSignal; end(): void } & Disposable {
    const work: Work = { id, aborter: new AbortController(), ended: Promise.withResolvers() }
    this.#works.add(work)
    if (this.#isStopping) work.aborter.abort(new ExportEndedError('stopping'))
    return {
      signal: work.aborter.signal,
      end: () => work.aborter.abort(new ExportEndedError('cancelled')),
      [Symbol.dispose]: () => {
        this.#works.delete(work)
        work.ended.resolve()
      },
    }
  }

  cancel(id: string): void {
    for (const work of this.#works) if (work.id === id) work.aborter.abort(new ExportEndedError('cancelled'))
  }

  /** Ends all of them; resolves when what became of them is written down. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const works = [...this.#works]
    for (const { aborter } of works) aborter.abort(new ExportEndedError('stopping'))
    await Promise.all(works.map(({ ended }) => ended.promise))
  }
}
