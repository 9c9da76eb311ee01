import { AppError } from '@webmacs/contracts'
import { PACKAGE_LIMITS } from './limits.ts'

/** Watches what comes out of an archive, before it is read and before anything of it is kept. */
export class UnpackMeter {
  readonly #fileBytes: number
  /** Bytes that came out. */
  #unpacked = 0
  /** Bytes that entries say to hold, before they came. */
  #announced = 0
  #files = 0

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes
  }

  /** @throws AppError `package.bomb` at the chunk with which a bound is passed */
  async *pass(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of chunks) {
      this.#unpacked += chunk.byteLength
      const { ratio, ratioFromBytes, unpackedBytes } = PACKAGE_LIMITS
      if (this.#unpacked > unpackedBytes) throw tooLarge()
      if (this.#unpacked > ratioFromBytes && this.#unpacked > ratio * this.#fileBytes)
        throw bomb(`it becomes more than ${ratio} times as large as the file`)
      yield chunk
    }
  }

  /** @param size what the entry says of itself, bytes */
  noteEntry(size: number): void {
    this.#files += 1
    this.#announced += size
    if (this.#announced > PACKAGE_LIMITS.unpackedBytes) throw tooLarge()
    if (this.#files > PACKAGE_LIMITS.files)
      throw bomb(`it holds more than ${PACKAGE_LIMITS.files.toLocaleString('en')} files`)
  }
}

const tooLarge = (): AppError => bomb(`it is larger than ${PACKAGE_LIMITS.unpackedBytes / 1024 ** 2} MB`)

export const bomb = (why: string): AppError =>
  new AppError('package.bomb', {
    detail: `The package cannot be unpacked: ${why}. Leave out what the plugin does not need.`,
  })
