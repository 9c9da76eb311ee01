import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivateFile } from './data-directory.ts'

/** What runs, for tools: `runtime.json` in the data folder, readable by its owner only (it holds credentials). */
export interface Runtime {
  readonly version: string
  /** The launcher's process id. */
  readonly pid: number
  readonly startedOn: string
  /** Where users go. */
  readonly url: string
  readonly node: string
  readonly database: { readonly url: string; readonly pid: number | null; readonly embedded: boolean }
  readonly nats: {
    readonly url: string
    /** With the operator's credentials, for the NATS command line tool. */
    readonly operatorUrl: string
    readonly pid: number | null
    readonly embedded: boolean
  }
  readonly services: Readonly<
    Record<
      string,
      {
        readonly pid: number | null
        readonly restarts: number
        readonly httpPort: number | null
        readonly opsPort: number | null
      }
    >
  >
}

/** Keeps `runtime.json` true: one write at a time, in the order in which things happened. */
export class RuntimeFile {
  readonly #dataDir: string
  readonly #onFailure: (err: unknown) => void
  #last: Promise<void> = Promise.resolve()

  constructor(dataDir: string, onFailure: (err: unknown) => void) {
    this.#dataDir = dataDir
    this.#onFailure = onFailure
  }

  write(runtime: Runtime): void {
    const content = `${JSON.stringify(runtime, null, 2)}\n`
    this.#last = this.#last.then(() => writePrivateFile(this.#path, content)).catch(this.#onFailure)
  }

  /** Nothing runs any more. */
  async remove(): Promise<void> {
    await this.#last
    await rm(this.#path, { force: true })
  }

  get #path(): string {
    return join(this.#dataDir, 'runtime.json')
  }
}
