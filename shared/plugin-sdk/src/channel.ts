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
  /** How often it makes sense to sample it, milliseconds; people may choose otherwise. Left out: as the instance is set. */
  readonly samplingIntervalMs?: number
  /** Smaller changes are not worth recording, in the engineering unit. Left out: every sample is recorded. */
  readonly deadband?: number
  /** With a deadband: after so long the value is recorded in any case, milliseconds. Default 60 s. */
  readonly maxSilenceMs?: number
  /** The device sends it by itself (see `push`): `readDevice` is never asked for it. Default false. */
  readonly pushed?: boolean
  /** How far the read-back of an output may be from what was written. Default: 1 % of the range. */
  readonly tolerance?: number
  /** For an output: the device can be asked for its present value, so `readDevice` is asked for it as well. Default false. */
  readonly readback?: boolean
}

type Unset = 'safeValue' | 'samplingIntervalMs' | 'deadband' | 'maxSilenceMs' | 'tolerance'

/** A channel with everything said. */
export interface Channel extends Required<Omit<ChannelDefinition, Unset | 'simulation'>> {
  readonly samplingIntervalMs: number | undefined
  readonly deadband: number | undefined
  readonly maxSilenceMs: number
  readonly tolerance: number
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
    pushed: false,
    ...definition,
    safeValue: definition.safeValue,
    samplingIntervalMs: definition.samplingIntervalMs,
    deadband: definition.deadband,
    maxSilenceMs: definition.maxSilenceMs ?? DEFAULT_MAX_SILENCE_MS,
    tolerance: definition.tolerance ?? toleranceOf(definition),
    simulation: { ...DEFAULT_SIMULATION, ...definition.simulation },
  }
  const problem = problemOf(channel)
  if (problem !== undefined) throw new DefinitionError(`channel "${channel.id}": ${problem}`)
  return Object.freeze(channel)
}

const DEFAULT_MAX_SILENCE_MS = 60_000
const SHARE_OF_RANGE = 0.01

const toleranceOf = ({ minValue = 0, maxValue = 100 }: ChannelDefinition): number =>
  SHARE_OF_RANGE * Math.abs(maxValue - minValue)

const MAX_ID_CHARACTERS = 100
const MAX_NAME_CHARACTERS = 255
const MAX_UNIT_CHARACTERS = 50
const MIN_SAMPLING_INTERVAL_MS = 10

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
  if (channel.samplingIntervalMs !== undefined && !(channel.samplingIntervalMs >= MIN_SAMPLING_INTERVAL_MS))
    return `the sampling interval must be ${MIN_SAMPLING_INTERVAL_MS} ms or more`
  if (channel.deadband !== undefined && !(channel.deadband >= 0)) return 'the deadband must be 0 or more'
  if (!(channel.maxSilenceMs >= MIN_SAMPLING_INTERVAL_MS)) return 'the maximum silence is shorter than any interval'
  if (!(channel.tolerance >= 0)) return 'the tolerance must be 0 or more'
  if (!(simulation.amplitude >= 0 && simulation.noise >= 0 && simulation.periodSeconds >= 1))
    return 'simulation needs amplitude ≥ 0, noise ≥ 0 and a period ≥ 1 s'
  return undefined
}

const isText = (value: unknown, maxCharacters: number): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.length <= maxCharacters
