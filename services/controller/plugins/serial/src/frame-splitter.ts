import { unescapeText } from './characters.ts'
import type { Framing } from './config.ts'

/** More than any frame; what goes on without an end is noise, or the wrong baud rate. */
const MAX_CHARACTERS = 65_536

/** Cuts what comes over a line into frames, and never keeps more than one frame may have. */
export class FrameSplitter {
  readonly #next: (buffer: string) => { readonly frame: string; readonly rest: string } | undefined
  #buffer = ''

  constructor(framing: Framing) {
    this.#next = cutterOf(framing)
  }

  /** @returns the frames that are complete now, without their delimiters */
  add(text: string): string[] {
    this.#buffer += text
    const frames: string[] = []
    for (let cut = this.#next(this.#buffer); cut !== undefined; cut = this.#next(this.#buffer)) {
      frames.push(cut.frame)
      this.#buffer = cut.rest
    }
    if (this.#buffer.length > MAX_CHARACTERS) this.#buffer = ''
    return frames
  }

  /** Forgets the beginning of a frame: before a request, what came late must not be taken for its answer. */
  clear(): void {
    this.#buffer = ''
  }
}

function cutterOf({ by, delimiter, length, pattern }: Framing) {
  if (by === 'length') return (buffer: string) => cutAt(buffer, buffer.length >= length ? length : -1, 0)
  if (by === 'pattern') return patternCutter(new RegExp(pattern))
  const characters = unescapeText(delimiter)
  return (buffer: string) => cutAt(buffer, characters === '' ? -1 : buffer.indexOf(characters), characters.length)
}

const cutAt = (buffer: string, end: number, skip: number) =>
  end < 0 ? undefined : { frame: buffer.slice(0, end), rest: buffer.slice(end + skip) }

const patternCutter = (pattern: RegExp) => (buffer: string) => {
  const match = pattern.exec(buffer)
  if (match === null || match[0] === '') return undefined
  return { frame: match[0], rest: buffer.slice(match.index + match[0].length) }
}
