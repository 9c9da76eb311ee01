/** Resolves when the component works; rejects with the reason when it does not. */
export type HealthCheck = () => Promise<void> | void

export interface HealthReport {
  readonly status: 'ok' | 'degraded'
  /** Component → `ok`, or the reason as a sentence. */
  readonly components: Readonly<Record<string, string>>
}

const CHECK_DEADLINE_MS = 2000

/** What a service depends on, each with a check that says in two seconds how it stands. */
export class HealthChecks {
  readonly #checks = new Map<string, HealthCheck>()

  add(component: string, check: HealthCheck): void {
    this.#checks.set(component, check)
  }

  async run(): Promise<HealthReport> {
    const entries = await Promise.all(
      [...this.#checks].map(async ([component, check]) => [component, await outcome(check)] as const),
    )
    return {
      status: entries.every(([, state]) => state === 'ok') ? 'ok' : 'degraded',
      components: Object.fromEntries(entries),
    }
  }
}

async function outcome(check: HealthCheck): Promise<string> {
  const deadline = Promise.withResolvers<string>()
  const timer = setTimeout(() => deadline.resolve(`no answer within ${CHECK_DEADLINE_MS} ms`), CHECK_DEADLINE_MS)
  try {
    return await Promise.race([Promise.resolve(check()).then(() => 'ok'), deadline.promise])
  } catch (err) {
    return err instanceof Error && err.message !== '' ? err.message : String(err)
  } finally {
    clearTimeout(timer)
  }
}
