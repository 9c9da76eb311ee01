/** What a compiled part runs on, as process.platform and process.arch say it. */
export interface BinaryPlatform {
  readonly os: string
  readonly cpu: string
}

/** Enough of a file for all that is looked at. */
export const BINARY_HEADER_BYTES = 4096

const ELF = 0x7f454c46
const ELF_MACHINES: Record<number, string> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' }
const MACH_O_LITTLE_ENDIAN = 0xcffaedfe
const MACH_O_UNIVERSAL = 0xcafebabe
const MACH_O_CPUS: Record<number, string> = { 16777223: 'x64', 16777228: 'arm64' }
const MOST_UNIVERSAL_PARTS = 32
const PE_MACHINES: Record<number, string> = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' }

/** For which platforms a compiled module (`.node`) is, by the beginning of its file: ELF, Mach-O or PE. None: it is nothing of that. */
export function binaryPlatforms(head: Buffer): BinaryPlatform[] {
  if (head.length < 64) return []
  const magic = head.readUInt32BE(0)
  if (magic === ELF) return known('linux', ELF_MACHINES[head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18)])
  if (magic === MACH_O_LITTLE_ENDIAN) return known('darwin', MACH_O_CPUS[head.readUInt32LE(4)])
  if (magic === MACH_O_UNIVERSAL) return universalParts(head)
  if (head.toString('latin1', 0, 2) === 'MZ') return portableExecutable(head)
  return []
}

function universalParts(head: Buffer): BinaryPlatform[] {
  const parts = Math.min(head.readUInt32BE(4), MOST_UNIVERSAL_PARTS)
  return Array.from({ length: parts }, (_, part) => 8 + part * 20)
    .filter((offset) => offset + 4 <= head.length)
    .flatMap((offset) => known('darwin', MACH_O_CPUS[head.readUInt32BE(offset)]))
}

function portableExecutable(head: Buffer): BinaryPlatform[] {
  const offset = head.readUInt32LE(0x3c)
  if (offset + 6 > head.length || head.toString('latin1', offset, offset + 2) !== 'PE') return []
  return known('win32', PE_MACHINES[head.readUInt16LE(offset + 4)])
}

const known = (os: string, cpu: string | undefined): BinaryPlatform[] => (cpu === undefined ? [] : [{ os, cpu }])
