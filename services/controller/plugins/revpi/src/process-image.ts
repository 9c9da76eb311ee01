import { type FileHandle, open } from 'node:fs/promises'
import { setBit, setWatchdog } from './device-control.ts'
import { decode, encode } from './image-codec.ts'
import { IMAGE_BYTES, type ProcessVariable } from './pictory.ts'

/** The process image that the driver of the Revolution Pi exchanges with its modules. */
export class ProcessImage {
  readonly #file: FileHandle

  static async open(path: string): Promise<ProcessImage> {
    return new ProcessImage(await open(path, 'r+'))
  }

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** All of it in one read, so that values of one instant stay together. */
  async read(): Promise<Buffer> {
    const image = Buffer.alloc(IMAGE_BYTES)
    const { bytesRead } = await this.#file.read(image, 0, IMAGE_BYTES, 0)
    if (bytesRead === 0) throw new Error('the process image is empty')
    return image
  }

  /**
   * Writes one variable and nothing beside it.
   * @returns what the image has then
   */
  async write(variable: ProcessVariable, value: number): Promise<number> {
    if (variable.bit === undefined) await this.#writeBytes(variable, value)
    else await this.#writeBit(variable.byte, variable.bit, value === 0 ? 0 : 1)
    return decode(await this.read(), variable)
  }

  /** @returns false when there is none */
  armWatchdog(milliseconds: number): boolean {
    return setWatchdog(this.#file.fd, milliseconds)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #writeBytes(variable: ProcessVariable, value: number): Promise<void> {
    const bytes = encode(value, variable)
    await this.#file.write(bytes, 0, bytes.length, variable.byte)
  }

  async #writeBit(address: number, bit: number, value: number): Promise<void> {
    if (setBit(this.#file.fd, address, bit, value)) return
    // A plain file in the form of the image: nobody else writes to it.
    const byte = Buffer.alloc(1)
    await this.#file.read(byte, 0, 1, address)
    byte.writeUInt8((byte.readUInt8(0) & ~(1 << bit)) | (value << bit), 0)
    await this.#file.write(byte, 0, 1, address)
  }
}
