import type { CommandMemory } from './command-memory.ts'
import type { KnownValue } from './judge-command.ts'

/** What outputs were last known to have. */
export class KnownValues {
  readonly #memory: Pick<CommandMemory, 'valueOf'>
  readonly #uptimeMs: () => number
  readonly #sinceStart = new Map<string, KnownValue>()

  constructor(memory: Pick<CommandMemory, 'valueOf'>, uptimeMs: () => number) {
    this.#memory = memory
    this.#uptimeMs = uptimeMs
  }

  /** The device was given the value just now. */
  note(instance: string, channel: string, value: number): void {
    this.#sinceStart.set(outputKey(instance, channel), { value, sinceMs: this.#uptimeMs() })
  }

  /** undefined: never set by this controller, nor by one before it. */
  of(instance: string, channel: string): KnownValue | undefined {
    const known = this.#sinceStart.get(outputKey(instance, channel))
    if (known !== undefined) return known
    const value = this.#memory.valueOf(instance, channel)
    return value === undefined ? undefined : { value, sinceMs: Number.NEGATIVE_INFINITY }
  }

  /** The instance was removed. */
  forget(instance: string): void {
    for (const key of this.#sinceStart.keys()) if (key.startsWith(outputKey(instance, ''))) this.#sinceStart.delete(key)
  }
}

/** An instance's id has no space. */
export const outputKey = (instance: string, channel: string): string => `${instance} ${channel}`
