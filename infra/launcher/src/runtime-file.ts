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

const fileOf = (dataDir: string): string => join(dataDir, 'runtime.json')

export const writeRuntime = (dataDir: string, runtime: Runtime): Promise<void> =>
  writePrivateFile(fileOf(dataDir), `${JSON.stringify(runtime, null, 2)}\n`)

export const removeRuntime = (dataDir: string): Promise<void> => rm(fileOf(dataDir), { force: true })
