import type { Logger } from '@webmacs/service-kit'
import type { CommandTarget } from '../commands/find-output.ts'
import { limitsOf } from '../commands/output-limits.ts'
import type { Timers } from '../plugin-host/timers.ts'

export interface ContactWatchOptions {
  readonly instances: () => ReadonlyMap<string, CommandTarget>
  /** By a clock that is never set. */
  readonly uptimeMs: () => number
  readonly timers: Timers
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** These outputs are about to be made safe. */
  readonly makingSafe: (instance: string, channels: readonly string[]) => void
}

/** How late an output may become safe. */
const TICK_MS = 200

/**
 * Makes outputs safe that nobody can reach any more: each when the controller has been without its broker for longer than the output's
 * grace time. A broker that is back before changes nothing; one that comes back later brings nothing back.
 */
export class ContactWatch {
  readonly #options: ContactWatchOptions
  #lostMs: number | undefined
  #cancelTick: () => void = () => undefined
  /** Instance → outputs that were told to become safe; no entry: its process does not know yet that there is no contact. */
  readonly #told = new Map<string, Set<string>>()

  constructor(options: ContactWatchOptions) {
    this.#options = options
  }

  get hasContact(): boolean {
    return this.#lostMs === undefined
  }

  lost(): void {
    if (this.#lostMs !== undefined) return
    this.#lostMs = this.#options.uptimeMs()
    this.#options.log.warn({ event: 'contact.lost' }, 'no contact to the server, outputs are held for their grace time')
    this.#tick()
  }

  back(): void {
    if (this.#lostMs === undefined) return
    const awayMs = this.#awayMs()
    const outputs = [...this.#told.values()].reduce((sum, channels) => sum + channels.size, 0)
    this.stop()
    for (const instance of this.#options.instances().values()) instance.send({ type: 'contact', hasContact: true })
    this.#options.log.info({ event: 'contact.back', awayMs, madeSafe: outputs }, 'contact to the server is back')
  }

  /** Whether an output was made safe and has to stay so, because nobody could see or stop what it does. */
  isHeldSafe(instance: string, channel: string): boolean {
    return this.#told.get(instance)?.has(channel) === true
  }

  /** Its next process knows nothing yet. */
  silenced(instance: string): void {
    this.#told.delete(instance)
  }

  stop(): void {
    this.#cancelTick()
    this.#lostMs = undefined
    this.#told.clear()
  }

  #awayMs(): number {
    return this.#options.uptimeMs() - (this.#lostMs ?? 0)
  }

  #tick(): void {
    for (const [id, instance] of this.#options.instances()) this.#look(id, instance)
    this.#cancelTick = this.#options.timers.after(TICK_MS, () => this.#tick())
  }

  #look(id: string, instance: CommandTarget): void {
    const told = this.#told.get(id) ?? this.#tellAway(id, instance)
    if (told === undefined) return
    const awayMs = this.#awayMs()
    const due = outputsDue(instance, awayMs).filter((channel) => !told.has(channel))
    if (due.length === 0) return
    const { makingSafe, log } = this.#options
    makingSafe(id, due)
    const reason = `no contact to the server for ${(awayMs / 1000).toFixed(1)} s`
    if (!instance.send({ type: 'safe', reason, channels: due })) return
    for (const channel of due) told.add(channel)
    log.warn({ event: 'contact.outputs-made-safe', instance: id, channels: due, awayMs }, 'outputs are made safe')
  }

  /** @returns undefined when there is no process that could hear it */
  #tellAway(id: string, instance: CommandTarget): Set<string> | undefined {
    if (!instance.send({ type: 'contact', hasContact: false })) return undefined
    const told = new Set<string>()
    this.#told.set(id, told)
    return told
  }
}

/** Outputs with a safe value whose grace time is over. */
function outputsDue({ desired, channels }: CommandTarget, awayMs: number): string[] {
  return channels
    .filter((channel) => {
      if (channel.direction === 'input') return false
      const policy = desired?.channels.find((one) => one.channel === channel.id)?.settings.output
      const safeValue = policy?.safe_value === undefined ? channel.safe_value : policy.safe_value
      const { onContactLoss, graceMs } = limitsOf(channel, policy)
      return safeValue !== null && onContactLoss === 'safe' && awayMs >= graceMs
    })
    .map(({ id }) => id)
}
