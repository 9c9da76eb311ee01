import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@webmacs/contracts'

/** One attempt to make a file. Each has a name of its own, so that a process that was held up overwrites nobody's. */
export interface FileName {
  readonly id: string
  readonly attempt: number
}

/** Where finished files lie, and unfinished ones under a name with `.part`. Processes on one machine, or with one shared disk, share it. */
export class ExportDirectory {
  readonly #path: string
  readonly #maxBytes: number
  readonly #reserveBytes: number

  /**
   * @param maxBytes of all files together
   * @param reserveBytes that are left free on the disk for others, the database above all
   */
  constructor({ path, maxBytes, reserveBytes }: { path: string; maxBytes: number; reserveBytes: number }) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#reserveBytes = reserveBytes
  }

  pathOf(file: FileName): string {
    return join(this.#path, nameOf(file))
  }

  partOf(file: FileName): string {
    return `${this.pathOf(file)}${PART}`
  }

  async prepare(): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 })
  }

  /** Gives a file that is complete and on the disk its name; after a power cut it is there whole or not at all. */
  async publish(file: FileName): Promise<void> {
    await rename(this.partOf(file), this.pathOf(file))
    const folder = await open(this.#path)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  async remove(file: FileName): Promise<void> {
    await rm(this.pathOf(file), { force: true })
    await rm(this.partOf(file), { force: true })
  }

  /**
   * @param usedBytes of all files, those under way too
   * @throws AppError `export.no-space`
   */
  async checkSpace(usedBytes: number): Promise<void> {
    if (usedBytes >= this.#maxBytes) {
      throw new AppError('export.no-space', {
        detail: `Files of exports take ${megabytes(usedBytes)} MB, and ${megabytes(this.#maxBytes)} MB are allowed. Delete some.`,
      })
    }
    const { bavail, bsize } = await statfs(this.#path)
    if (bavail * bsize < this.#reserveBytes) throw noSpace()
  }

  /** Every file there, with the attempt that made it. */
  async list(): Promise<FileName[]> {
    return (await readdir(this.#path)).flatMap((name) => {
      const [, id, attempt] = /^(xpt_[0-9a-z]{12})\.(\d+)(?:\.part)?$/.exec(name) ?? []
      return id === undefined ? [] : [{ id, attempt: Number(attempt) }]
    })
  }
}

const PART = '.part'
const nameOf = ({ id, attempt }: FileName): string => `${id}.${attempt}`
const megabytes = (bytes: number): number => Math.round(bytes / 1e6)

export const noSpace = (cause?: unknown): AppError =>
  new AppError('export.no-space', { detail: 'The disk is full.', ...(cause !== undefined && { cause }) })

export const isDiskFull = (err: unknown): boolean =>
  err instanceof Error && 'code' in err && (err.code === 'ENOSPC' || err.code === 'EDQUOT')
