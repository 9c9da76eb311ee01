import type { DesiredInstance } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { PluginInstance, type PluginInstanceOptions } from './plugin-instance.ts'

export type SupervisorOptions = Omit<PluginInstanceOptions, 'id' | 'log'> & { readonly log: Logger }

/** All plugin instances of this controller. Each goes its own way: nothing that happens to one waits for another. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #instances = new Map<string, PluginInstance>()

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** @param desired undefined: the instance is removed */
  apply(id: string, desired: DesiredInstance | undefined): void {
    const existing = this.#instances.get(id)
    if (existing !== undefined) existing.update(desired)
    else if (desired !== undefined) this.#instances.set(id, this.#create(id, desired))
  }

  /**
   * Starts the instances of these plugins anew, with what the catalogue has of them now; the others do not notice.
   * @returns the instances that ran, and when their processes are gone
   */
  restart(plugins: ReadonlySet<string>): { readonly ran: string[]; readonly ended: Promise<unknown> } {
    const instances = [...this.#instances].filter(
      ([, { desired }]) => desired !== undefined && plugins.has(desired.plugin),
    )
    const ran = instances.flatMap(([id, { isUp }]) => (isUp ? [id] : []))
    return { ran, ended: Promise.all(instances.map(([, instance]) => instance.restart())) }
  }

  /** Processes that run now, instance → pid. */
  pids(): ReadonlyMap<string, number> {
    return new Map([...this.#instances].flatMap(([id, { pid }]) => (pid === undefined ? [] : [[id, pid] as const])))
  }

  /** undefined: there is no such instance. */
  find(id: string): PluginInstance | undefined {
    return this.#instances.get(id)
  }

  /** All instances that were ever wanted since the start. */
  get instances(): ReadonlyMap<string, PluginInstance> {
    return this.#instances
  }

  async close(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((instance) => instance.close()))
  }

  #create(id: string, desired: DesiredInstance): PluginInstance {
    const log = this.#options.log.child({ instance: id, plugin: desired.plugin })
    return new PluginInstance({ ...this.#options, id, log }, desired)
  }
}
