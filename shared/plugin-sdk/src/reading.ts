import type { Channel } from './channel.ts'
import { toEngineering } from './conversion.ts'
import { InvalidReadingError } from './errors.ts'
import { GOOD, isQuality, type Quality, SENSOR_FAULT } from './quality.ts'

/** One channel's value in its engineering unit. The value is null only where the quality is bad. */
export interface Reading {
  readonly channel: string
  readonly value: number | null
  readonly quality: Quality
}

/** A raw value, before `readConversion`. */
export type RawValue = number | boolean

/** A raw value whose quality the device knows. A null value makes it bad. */
export interface QualifiedValue {
  readonly value: RawValue | null
  readonly quality: Quality
}

/** What `readDevice` gives back: channel id → value. A channel that is left out or undefined has no value this time. */
export type DeviceReadings = Readonly<Record<string, RawValue | QualifiedValue | undefined>>

/** The sensor could not be read. */
export const sensorFault: QualifiedValue = Object.freeze({ value: null, quality: SENSOR_FAULT })

export interface InterpretedReadings {
  readonly readings: Reading[]
  /** Channels whose value was no number that a device can have. */
  readonly unusable: string[]
  /** Ids that nobody asked for. */
  readonly unknown: string[]
}

/**
 * Turns a driver's answer into readings of the channels asked for, whatever it says: what is no finite number becomes a bad reading.
 * @throws InvalidReadingError when the answer is no object
 */
export function interpretReadings(channels: readonly Channel[], answer: unknown): InterpretedReadings {
  if (!isRecord(answer)) throw new InvalidReadingError('the driver did not answer with an object of channels')
  const readings: Reading[] = []
  const unusable: string[] = []
  const asked = new Set<string>()
  for (const channel of channels) {
    asked.add(channel.id)
    const raw = Object.hasOwn(answer, channel.id) ? answer[channel.id] : undefined
    if (raw === undefined) continue
    const reading = interpret(channel, raw)
    if (reading === undefined) unusable.push(channel.id)
    readings.push(reading ?? { channel: channel.id, value: null, quality: SENSOR_FAULT })
  }
  return { readings, unusable, unknown: Object.keys(answer).filter((id) => !asked.has(id)) }
}

function interpret(channel: Channel, raw: unknown): Reading | undefined {
  if (!isRecord(raw)) {
    const value = asNumber(channel, raw)
    return value === undefined ? undefined : { channel: channel.id, value, quality: GOOD }
  }
  if (!isQuality(raw.quality)) return undefined
  if (raw.value === null) return { channel: channel.id, value: null, quality: asBad(raw.quality) }
  const value = asNumber(channel, raw.value)
  return value === undefined ? undefined : { channel: channel.id, value, quality: raw.quality }
}

/** Text is not read as a number: which decimal sign, which unit? That is the driver's knowledge. */
function asNumber(channel: Channel, raw: unknown): number | undefined {
  if (typeof raw !== 'number' && typeof raw !== 'boolean') return undefined
  const value = toEngineering(channel.readConversion, Number(raw))
  return Number.isFinite(value) ? value : undefined
}

const asBad = (quality: Quality): Quality =>
  quality.includes('bad') ? quality : ['bad', ...quality.filter((word) => word !== 'good' && word !== 'uncertain')]

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
