/** Where files of a package lie so far: each has a place of its own, and none is where others need a folder. */
export class PlacedFiles {
  readonly #files = new Set<string>()
  readonly #folders = new Set([''])

  /** @returns whether there is room for the file; false: its place is taken, or a folder of its path is a file */
  add(path: string): boolean {
    if (this.#files.has(path) || this.#folders.has(path)) return false
    // A folder that is there already has had its own folders looked at.
    for (let folder = parentOf(path); !this.#folders.has(folder); folder = parentOf(folder)) {
      if (this.#files.has(folder)) return false
      this.#folders.add(folder)
    }
    this.#files.add(path)
    return true
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
