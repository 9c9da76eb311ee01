import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROGRAM = fileURLToPath(new URL('./print-docs-script.ts', import.meta.url))
const DEADLINE_MS = 15_000
const MAX_BYTES = 16 * 1024 * 1024

/** The script of the API page, compressed with gzip; read from its package by a process of its own when it is first asked for. */
export class DocsScript {
  #script: Promise<Buffer> | undefined

  read(): Promise<Buffer> {
    this.#script ??= print().catch((err: unknown) => {
      this.#script = undefined // so that the next request tries again
      throw err
    })
    return this.#script
  }
}

async function print(): Promise<Buffer> {
  const options = { encoding: 'buffer', timeout: DEADLINE_MS, maxBuffer: MAX_BYTES } as const
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], options)
  return stdout
}
