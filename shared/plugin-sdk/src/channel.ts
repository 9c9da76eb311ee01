import { type Conversion, NO_CONVERSION } from './conversion.ts'
import { DefinitionError } from './errors.ts'
import { DEFAULT_SIMULATION, type Simulation } from './simulation.ts'

export const DIRECTIONS = ['input', 'output', 'bidirectional'] as const
/** `input`: measured. `output`: driven. `bidirectional`: both, like a register that others write as well. */
export type Direction = (typeof DIRECTIONS)[number]

export const DATA_TYPES = ['float', 'int', 'bool'] as const
/** What the device has; values travel as numbers (bool as 0 and 1). `int` and `bool` are rounded before writing. */
export type DataType = (typeof DATA_TYPES)[number]

/** One data point of a device, as its driver declares it. Values and limits are in the engineering unit. */
export interface ChannelDefinition {
  /** Unique inside the driver; never changes, because mappings hold on to it. */
  readonly id: string
  readonly name: string
  readonly direction: Direction
  /** Never empty: a ratio has `1` or `%`, a switch `bool`. */
  readonly unit: string
  /** Default 0. */
  readonly minValue?: number
  /** Default 100. What is written is clamped to the range; what is measured is not. */
  readonly maxValue?: number
  /** Default `float`. */
  readonly dataType?: DataType
  readonly readConversion?: Conversion
  readonly writeConversion?: Conversion
  /** Signal in demo mode. Default: a sine around 0 with amplitude 1. */
  readonly simulation?: Partial<Simulation>
  /** Written to an output when its instance stops or its driver fails. Without one the output keeps its last value. */
  readonly safeValue?: number
  /** For an output: the device can be asked for its present value, so `readDevice` is asked for it as well. Default false. */
  readonly readback?: boolean
}

/** A channel with everything said. */
export interface Channel extends Required<Omit<ChannelDefinition, 'safeValue' | 'simulation'>> {
  readonly safeValue: number | undefined
  readonly simulation: Simulation
}

/** Fills in the defaults. @throws DefinitionError for what no device can have */
export function resolveChannels(definitions: readonly ChannelDefinition[]): readonly Channel[] {
  const seen = new Set<string>()
  return definitions.map((definition) => {
    const channel = resolveChannel(definition)
    if (seen.has(channel.id)) throw new DefinitionError(`channel id "${channel.id}" is used twice`)
    seen.add(channel.id)
    return channel
  })
}

function resolveChannel(definition: ChannelDefinition): Channel {
  const channel: Channel = {
    minValue: 0,
    maxValue: 100,
    dataType: 'float',
    readConversion: NO_CONVERSION,
    writeConversion: NO_CONVERSION,
    readback: false,
    ...definition,
    safeValue: definition.safeValue,
    simulation: { ...DEFAULT_SIMULATION, ...definition.simulation },
  }
  const problem = problemOf(channel)
  if (problem !== undefined) throw new DefinitionError(`channel "${channel.id}": ${problem}`)
  return Object.freeze(channel)
}

const MAX_ID_CHARACTERS = 100
const MAX_NAME_CHARACTERS = 255
const MAX_UNIT_CHARACTERS = 50

function problemOf(channel: Channel): string | undefined {
  const { id, name, unit, direction, dataType, minValue, maxValue, safeValue, simulation } = channel
  if (!isText(id, MAX_ID_CHARACTERS)) return `the id must be text of 1 to ${MAX_ID_CHARACTERS} characters`
  if (!isText(name, MAX_NAME_CHARACTERS)) return `the name must be text of 1 to ${MAX_NAME_CHARACTERS} characters`
  if (!isText(unit, MAX_UNIT_CHARACTERS)) return `the unit must be text of 1 to ${MAX_UNIT_CHARACTERS} characters`
  if (!DIRECTIONS.includes(direction)) return `the direction must be one of ${DIRECTIONS.join(', ')}`
  if (!DATA_TYPES.includes(dataType)) return `the data type must be one of ${DATA_TYPES.join(', ')}`
  if (!Number.isFinite(minValue) || !Number.isFinite(maxValue)) return 'the range must be finite'
  if (minValue > maxValue) return 'the range is empty'
  if (safeValue !== undefined && !(safeValue >= minValue && safeValue <= maxValue))
    return 'the safe value is outside the range'
  if (!(simulation.amplitude >= 0 && simulation.noise >= 0 && simulation.periodSeconds >= 1))
    return 'simulation needs amplitude ≥ 0, noise ≥ 0 and a period ≥ 1 s'
  return undefined
}

const isText = (value: unknown, maxCharacters: number): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.length <= maxCharacters
