/** One input or output of a module, as piCtory wrote it down. */
export interface ProcessVariable {
  /** Unique in the file. */
  readonly name: string
  readonly direction: 'input' | 'output'
  /** Module that it belongs to; several may have the same. */
  readonly module: string
  /** First byte in the process image. */
  readonly byte: number
  /** Bit of that byte; undefined: whole bytes. */
  readonly bit: number | undefined
  /** Of whole bytes: 8, 16 or 32; 1 for bits. */
  readonly bits: number
  readonly isSigned: boolean
  readonly comment: string
}

export const IMAGE_BYTES = 4096
/** Analogue module: the one whose numbers are signed. */
const AIO = '103'

/**
 * The inputs and outputs in a piCtory configuration, in the order of the file. Memory, modules to be ignored, and blocks of bytes that are no
 * number (of gateways) are left out.
 * @param text JSON of `config.rsc`
 * @param modules only these; empty: all but the base device
 * @throws Error that says what is wrong with the file
 */
export function parsePictory(text: string, modules: readonly string[]): ProcessVariable[] {
  const file: unknown = JSON.parse(text)
  if (!isRecord(file) || !Array.isArray(file.Devices)) throw new Error('it has no list "Devices"')
  return file.Devices.filter(isRecord)
    .filter((device) => isWanted(device, modules))
    .flatMap((device) => [...variablesOf(device, 'inp', 'input'), ...variablesOf(device, 'out', 'output')])
}

type Device = Record<string, unknown>

const moduleOf = ({ bmk, id }: Device): string => String(bmk || id || '')

function isWanted(device: Device, modules: readonly string[]): boolean {
  if (device.type === 'RIGHT') return false
  return modules.length > 0 ? modules.includes(moduleOf(device)) : device.type !== 'BASE'
}

function variablesOf(device: Device, list: 'inp' | 'out', direction: 'input' | 'output'): ProcessVariable[] {
  const entries = device[list]
  if (!isRecord(entries)) return []
  return Object.entries(entries)
    .sort(([one], [other]) => Number(one) - Number(other))
    .flatMap(([, entry]) => variableOf(device, direction, entry) ?? [])
}

/** name, default, bits, offset in the device, exported, sort, comment, bit position. */
function variableOf(device: Device, direction: 'input' | 'output', entry: unknown): ProcessVariable | undefined {
  if (!Array.isArray(entry) || entry.length < 8) return undefined
  const [name, , bits, offset, , , comment, position] = entry
  const isBit = String(position) !== '' && Number(bits) === 1
  const byte = Number(device.offset) + Number(offset) + (isBit ? Math.floor(Number(position) / 8) : 0)
  const size = Number(bits)
  if (!isBit && ![8, 16, 32].includes(size)) return undefined
  if (!Number.isInteger(byte) || byte < 0 || byte + Math.ceil(size / 8) > IMAGE_BYTES) return undefined
  return {
    name: String(name),
    direction,
    module: moduleOf(device),
    byte,
    bit: isBit ? Number(position) % 8 : undefined,
    bits: size,
    isSigned: String(device.productType) === AIO,
    comment: String(comment ?? ''),
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
