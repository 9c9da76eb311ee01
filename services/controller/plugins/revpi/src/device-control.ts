import koffi from 'koffi'

const SET_BIT = 0x4b10
const SET_WATCHDOG = 0x4b1a
/** The file is no device: there is nothing to control. */
const ENOTTY = 25

type Ioctl = (fd: number, request: number, type: string, argument: Buffer) => number

let loaded: Ioctl | undefined

/** Node.js cannot make this call; loaded when first needed, because only a Revolution Pi has use for it. */
function ioctl(): Ioctl {
  loaded ??= koffi.load('libc.so.6').func('int ioctl(int fd, unsigned long request, ...)') as Ioctl // as declared in the same line
  return loaded
}

/**
 * Sets one bit of the process image and nothing beside it.
 * @returns false when the file is none of the driver's, so that it has to be done another way
 * @throws Error when the driver refuses
 */
export function setBit(fd: number, address: number, bit: number, value: number): boolean {
  const argument = Buffer.alloc(4)
  argument.writeUInt16LE(address, 0)
  argument.writeUInt8(bit, 2)
  argument.writeUInt8(value, 3)
  return call(fd, SET_BIT, argument, 'set a bit')
}

/**
 * From now on the driver sets all outputs to 0 when nobody writes for so long. 0: never.
 * @returns false when the file is none of the driver's
 * @throws Error when the driver refuses
 */
export function setWatchdog(fd: number, milliseconds: number): boolean {
  const argument = Buffer.alloc(4)
  argument.writeUInt32LE(milliseconds)
  return call(fd, SET_WATCHDOG, argument, 'arm its watchdog')
}

function call(fd: number, request: number, argument: Buffer, what: string): boolean {
  if (process.platform !== 'linux') return false
  if (ioctl()(fd, request, 'void *', argument) >= 0) return true
  if (koffi.errno() === ENOTTY) return false
  throw new Error(`the driver of the Revolution Pi did not ${what} (error ${koffi.errno()})`)
}
