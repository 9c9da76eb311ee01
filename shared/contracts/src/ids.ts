import { Type } from 'typebox'

declare const brand: unique symbol

/** A public id: a type prefix, an underscore and twelve random characters of Crockford's base 32, lower case. */
export type PublicId<Prefix extends string> = `${Prefix}_${string}` & { readonly [brand]: Prefix }

export type EventId = PublicId<'evt'>
export type ExperimentId = PublicId<'exp'>
export type UserId = PublicId<'usr'>
export type InstanceId = PublicId<'plg'>
export type MappingId = PublicId<'map'>
export type LogEntryId = PublicId<'log'>
export type ApiTokenId = PublicId<'tok'>
export type DashboardId = PublicId<'dsh'>
export type WidgetId = PublicId<'wdg'>
export type CommandId = PublicId<'cmd'>
export type PackageId = PublicId<'pkg'>
export type ExportId = PublicId<'xpt'>
export type HistorianJobId = PublicId<'job'>

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const RANDOM_CHARACTERS = 12

/** A new id, random enough (60 bits) that two installations can be merged. Works in Node.js and browsers. */
export function newId<Prefix extends string>(prefix: Prefix): PublicId<Prefix> {
  return idOfBytes(prefix, globalThis.crypto.getRandomValues(new Uint8Array(RANDOM_CHARACTERS)))
}

/** The id that follows from these bytes, twelve at least: the same one for the same bytes. */
export function idOfBytes<Prefix extends string>(prefix: Prefix, bytes: Uint8Array): PublicId<Prefix> {
  if (bytes.length < RANDOM_CHARACTERS) throw new RangeError(`an id takes ${RANDOM_CHARACTERS} bytes`)
  let id = `${prefix}_`
  for (const byte of bytes.subarray(0, RANDOM_CHARACTERS)) id += ALPHABET[byte % ALPHABET.length]
  return id as PublicId<Prefix> // the one place that makes ids
}

function idSchema<Prefix extends string>(prefix: Prefix, description: string) {
  return Type.Unsafe<PublicId<Prefix>>(
    Type.String({ pattern: `^${prefix}_[0-9a-z]{12}$`, description, examples: [`${prefix}_7k2m9q4tx3ab`] }),
  )
}

export const EventId = idSchema('evt', 'Public id of an event (a measured or controlled signal)')
export const ExperimentId = idSchema('exp', 'Public id of an experiment')
export const UserId = idSchema('usr', 'Public id of a user')
export const InstanceId = idSchema('plg', 'Public id of a plugin instance')
export const MappingId = idSchema('map', 'Public id of a channel mapping')
export const LogEntryId = idSchema('log', 'Public id of a log entry')
export const ApiTokenId = idSchema('tok', 'Public id of an API token')
export const DashboardId = idSchema('dsh', 'Public id of a dashboard')
export const WidgetId = idSchema('wdg', 'Public id of a widget')
export const CommandId = idSchema('cmd', 'Public id of a command')
export const PackageId = idSchema('pkg', 'Public id of a plugin package')
export const ExportId = idSchema('xpt', 'Public id of an export')
export const HistorianJobId = idSchema('job', 'Public id of a deletion or a repair')
