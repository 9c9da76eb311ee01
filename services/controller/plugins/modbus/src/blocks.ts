import type { Kind } from './config.ts'
import { isBits, type Register } from './registers.ts'

/** Neighbours that are read by one request. */
export interface Block {
  readonly unitId: number
  readonly kind: Kind
  readonly address: number
  readonly length: number
  readonly registers: readonly Register[]
}

export interface BlockLimits {
  /** At most 125, the most that one answer holds. */
  readonly maxRegisters: number
  /** How many registers that nobody asked for may lie in between. */
  readonly maxGap: number
}

const MAX_BITS = 2000
const BITS_PER_REGISTER = 16

/**
 * Gathers registers into as few requests as the limits allow.
 * @param cuts between which registers the device refused to be asked at once
 */
export function planBlocks(registers: readonly Register[], limits: BlockLimits, cuts: Cuts): Block[] {
  const groups = Map.groupBy(registers, ({ unitId, kind }) => `${unitId} ${kind}`)
  return [...groups.values()].flatMap((group) => {
    const parts: Register[][] = []
    for (const register of group.toSorted((a, b) => a.address - b.address)) {
      const part = parts.at(-1)
      if (part !== undefined && goesWith(part, register, limits, cuts)) part.push(register)
      else parts.push([register])
    }
    return parts.flatMap((part) => blockOf(part) ?? [])
  })
}

/** The block of registers in the order of their addresses; undefined: there are none. */
export function blockOf(registers: readonly Register[]): Block | undefined {
  const first = registers[0]
  if (first === undefined) return undefined
  const { unitId, kind, address } = first
  return { unitId, kind, address, length: endOf(registers) - address, registers }
}

function goesWith(part: readonly Register[], next: Register, limits: BlockLimits, cuts: Cuts): boolean {
  const bits = isBits(next.kind)
  const max = bits ? Math.min(MAX_BITS, limits.maxRegisters * BITS_PER_REGISTER) : limits.maxRegisters
  const maxGap = bits ? limits.maxGap * BITS_PER_REGISTER : limits.maxGap
  const start = part[0]?.address ?? next.address
  const end = endOf(part)
  if (next.address - end > maxGap) return false
  if (Math.max(end, next.address + next.length) - start > max) return false
  return !cuts.between(part.at(-1)?.address ?? start, next)
}

/** Registers may overlap: the last one is not always the one that ends last. */
const endOf = (registers: readonly Register[]): number =>
  registers.reduce((end, { address, length }) => Math.max(end, address + length), 0)

/** What was learned about registers that must not be asked for at once. */
export class Cuts {
  readonly #cuts = new Map<string, Set<number>>()

  /** From now on a block ends before this register. */
  addBefore(register: Register): void {
    const key = keyOf(register)
    const cuts = this.#cuts.get(key) ?? new Set()
    this.#cuts.set(key, cuts.add(register.address))
  }

  between(address: number, next: Register): boolean {
    for (const cut of this.#cuts.get(keyOf(next)) ?? []) if (cut > address && cut <= next.address) return true
    return false
  }
}

const keyOf = ({ unitId, kind }: Register): string => `${unitId} ${kind}`
