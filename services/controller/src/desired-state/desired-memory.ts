import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DesiredInstance } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { Logger } from '@webmacs/service-kit'

export interface DesiredMemoryOptions {
  readonly path: string
  readonly log: Pick<Logger, 'warn'>
}

const validate = createValidator(DesiredInstance, 'instance')

/**
 * What was wanted last, for a controller that starts while the broker is away. The configuration of devices has secrets, so only our user
 * may read the file.
 */
export class DesiredMemory {
  readonly #options: DesiredMemoryOptions
  #written = ''
  #next: string | undefined
  #writing: Promise<void> | undefined

  constructor(options: DesiredMemoryOptions) {
    this.#options = options
  }

  /** Of a file that cannot be read, nothing; of one that another version wrote, what can be used. */
  async load(): Promise<DesiredInstance[]> {
    const { path, log } = this.#options
    try {
      const text = await readFile(path, 'utf8')
      const found: unknown = JSON.parse(text)
      this.#written = text
      return Array.isArray(found) ? found.flatMap((one) => this.#checked(one)) : []
    } catch (err) {
      if (isMissing(err)) return []
      log.warn({ event: 'desired.unreadable', path, err }, 'what was wanted last cannot be read')
      return []
    }
  }

  /** Begins to write; when more comes meanwhile, the newest follows. */
  keep(wanted: Iterable<DesiredInstance>): void {
    this.#next = JSON.stringify([...wanted])
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  /** Resolves when all is written, or cannot be. */
  async stop(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    const { path, log } = this.#options
    while (this.#next !== undefined) {
      const text = this.#next
      this.#next = undefined
      if (text === this.#written) continue
      try {
        await replaceFile(path, text)
        this.#written = text
      } catch (err) {
        log.warn({ event: 'desired.not-kept', path, err }, 'what is wanted cannot be kept for a start without broker')
      }
    }
  }

  #checked(value: unknown): DesiredInstance[] {
    const result = validate(value)
    if (result.ok) return [result.value]
    const { path, log } = this.#options
    log.warn({ event: 'desired.unusable', path, errors: result.errors }, 'an instance that was wanted last is unusable')
    return []
  }
}

/** In one step, and for good: after a loss of power there is the old content or the new one. */
async function replaceFile(path: string, text: string): Promise<void> {
  const partial = `${path}.new`
  await mkdir(dirname(path), { recursive: true })
  const file = await open(partial, 'w', 0o600)
  try {
    await file.chmod(0o600) // one that was left behind keeps its mode
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(partial, path)
}

const isMissing = (err: unknown): boolean => err instanceof Error && 'code' in err && err.code === 'ENOENT'
