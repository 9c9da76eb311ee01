import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { walkPackage } from '@webmacs/plugin-packages'
import { type PackageState, type PackageVersion, parseState } from './package-state.ts'

const STATE_FILE = 'state.json'
const FLUSHED_AT_ONCE = 16
/** Not the beginning of a package's name. */
const UNFINISHED = '.unfinished-'

/**
 * The uploaded packages on this controller's disk: `<folder>/<package>/<version>/…`, and `state.json` beside the versions. A version is
 * unpacked elsewhere and put into place in one step, so that what is there is whole, whenever the power goes.
 */
export class PackageFolders {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What is known of each package. Removes what was not finished before. */
  async open(): Promise<PackageState[]> {
    await mkdir(this.#folder, { recursive: true })
    const states: PackageState[] = []
    for (const name of await readdir(this.#folder)) {
      const folder = join(this.#folder, name)
      const state = name.startsWith(UNFINISHED) ? undefined : await readState(join(folder, STATE_FILE))
      if (state === undefined) await rm(folder, { recursive: true, force: true })
      else states.push(state)
    }
    return states
  }

  /** Where a version lies when it is unpacked. */
  pathOf(name: string, { version, sha256 }: PackageVersion): string {
    return join(this.#packageFolder(name), `${version}-${sha256.slice(0, 8)}`)
  }

  async unpack(name: string, version: PackageVersion, archive: Readable, bytes: number): Promise<void> {
    const unfinished = await mkdtemp(join(this.#folder, UNFINISHED))
    try {
      const written: string[] = []
      await walkPackage(archive, bytes, async ({ path, content }) => {
        const target = join(unfinished, ...path.split('/'))
        await mkdir(dirname(target), { recursive: true })
        await writeFile(target, content)
        written.push(target)
      })
      await flushAll(written)
      const place = this.pathOf(name, version)
      await rm(place, { recursive: true, force: true })
      await mkdir(dirname(place), { recursive: true })
      await rename(unfinished, place)
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  }

  async writeState(state: PackageState): Promise<void> {
    const folder = this.#packageFolder(state.name)
    await mkdir(folder, { recursive: true })
    const unfinished = join(folder, `${STATE_FILE}.new`)
    await writeFile(unfinished, JSON.stringify(state), { flush: true })
    await rename(unfinished, join(folder, STATE_FILE))
  }

  /** Removes the versions that the state does not speak of. */
  async tidy({ name, current, previous }: PackageState): Promise<void> {
    const kept = [current, previous].flatMap((version) => (version === null ? [] : [this.pathOf(name, version)]))
    const folder = this.#packageFolder(name)
    for (const entry of await readdir(folder)) {
      const path = join(folder, entry)
      if (entry !== STATE_FILE && !kept.includes(path)) await rm(path, { recursive: true, force: true })
    }
  }

  /** The state goes first: without it, nothing of the package counts. */
  async remove(name: string): Promise<void> {
    await rm(join(this.#packageFolder(name), STATE_FILE), { force: true })
    await rm(this.#packageFolder(name), { recursive: true, force: true })
  }

  /** One folder a package, whose name may have one `/` in it; `+` is in none. */
  #packageFolder(name: string): string {
    return join(this.#folder, name.replace('/', '+'))
  }
}

/** Several at once: a disk does that in one go. */
async function flushAll(files: readonly string[]): Promise<void> {
  const queue = files.values()
  const work = async (): Promise<void> => {
    for (const path of queue) {
      await using file = await open(path, 'r+')
      await file.sync()
    }
  }
  await Promise.all(Array.from({ length: FLUSHED_AT_ONCE }, work))
}

/** undefined: there is none, or none that can be used. */
async function readState(path: string): Promise<PackageState | undefined> {
  try {
    return parseState(await readFile(path, 'utf8'))
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? err.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw err
  }
}
