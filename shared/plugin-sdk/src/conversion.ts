/** Between what the device counts (raw) and what people read (engineering unit). */
export type Conversion =
  | { readonly type: 'none' }
  /** engineering = raw · scale + offset. Defaults: scale 1, offset 0. */
  | { readonly type: 'linear'; readonly scale?: number; readonly offset?: number }
  /** engineering = raw / divisor. Default: 1. */
  | { readonly type: 'divide'; readonly divisor?: number }
  /** Bounds the engineering value; writing leaves it as it is. Defaults: no bound. */
  | { readonly type: 'clamp'; readonly min?: number; readonly max?: number }
  /** The driver's own. Without a way back, what is written is not converted. */
  | {
      readonly type: 'custom'
      readonly toEngineering: (raw: number) => number
      readonly toRaw?: (engineering: number) => number
    }

export const NO_CONVERSION: Conversion = Object.freeze({ type: 'none' })

/** Raw → engineering. A divisor of 0 gives 0; an unknown type leaves the value as it is. */
export function toEngineering(conversion: Conversion, raw: number): number {
  switch (conversion.type) {
    case 'linear':
      return raw * (conversion.scale ?? 1) + (conversion.offset ?? 0)
    case 'divide': {
      const divisor = conversion.divisor ?? 1
      return divisor === 0 ? 0 : raw / divisor
    }
    case 'custom':
      return conversion.toEngineering(raw)
    case 'clamp':
      return clamp(raw, conversion.min ?? Number.NEGATIVE_INFINITY, conversion.max ?? Number.POSITIVE_INFINITY)
    default:
      return raw
  }
}

/** Engineering → raw, the way back of `toEngineering`. A scale of 0 gives 0. */
export function toRaw(conversion: Conversion, engineering: number): number {
  switch (conversion.type) {
    case 'linear': {
      const scale = conversion.scale ?? 1
      return scale === 0 ? 0 : (engineering - (conversion.offset ?? 0)) / scale
    }
    case 'divide':
      return engineering * (conversion.divisor ?? 1)
    case 'custom':
      return conversion.toRaw?.(engineering) ?? engineering
    default:
      return engineering
  }
}

export const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max)
