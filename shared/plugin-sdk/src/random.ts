/** Random numbers that are the same again for the same seed, in every process and version. */
export interface RandomSource {
  /** 0 ≤ x < 1 */
  uniform(): number
  /** Normally distributed, mean 0, standard deviation 1. */
  normal(): number
}

/** @param seed any text, for example an instance's name */
export function seededRandom(seed: string): RandomSource {
  let state = fnv1a(seed)
  const uniform = (): number => {
    // mulberry32: 32 bits of state are plenty for a demo signal
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { uniform, normal: () => normal(uniform) }
}

/** Box–Muller; 1 − u keeps the logarithm away from 0. */
function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}
