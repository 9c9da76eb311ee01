import { type KV, Kvm, type KvWatchEntry } from '@nats-io/kv'
import { createValidator } from '@webmacs/contracts/validation'
import type { Static, TSchema } from 'typebox'
import type { Bus } from './connection.ts'
import { pause, untilConnected } from './waiting.ts'

export interface BucketEntry<T> {
  readonly key: string
  /** undefined: the key was deleted. */
  readonly value: T | undefined
}

/** A key-value bucket whose values follow one schema. What breaks it is logged and passed over: another version may have written it. */
export interface Bucket<T> {
  get(key: string): Promise<T | undefined>
  put(key: string, value: T): Promise<void>
  delete(key: string): Promise<void>
  /** All that is there now and matches the filter (NATS wildcards on dot-separated tokens). */
  entries(filter: string): Promise<Map<string, T>>
  /** First what is there, then each change. Survives loss of the broker (values may then come again); ends when the signal fires. */
  watch(filter: string, options: { readonly signal: AbortSignal }): AsyncGenerator<BucketEntry<T>, void, void>
}

const WATCH_RETRY_MS = 1000
/** How often a watch makes sure that its bucket is still the one it began with. */
const SAME_BUCKET_CHECK_MS = 30_000

/** Before the first connection nothing is looked at yet; what is asked of the bucket then fails with NotConnectedError, and a watch waits. */
export async function openBucket<Schema extends TSchema>(
  bus: Bus,
  name: string,
  schema: Schema,
): Promise<Bucket<Static<Schema>>> {
  let opened: KV | undefined
  const open = async (): Promise<KV> => {
    opened ??= await new Kvm(bus.js).open(name)
    return opened
  }
  if (bus.status() !== 'connecting') await open()
  const validate = createValidator(schema, 'value')
  const decode = (key: string, json: () => unknown): Static<Schema> | undefined => {
    const result = validate(parsed(json))
    if (result.ok) return result.value
    bus.log.warn(
      { event: 'bucket.invalid-value', bucket: name, key, errors: result.errors },
      'invalid value passed over',
    )
    return undefined
  }
  const get = async (key: string): Promise<Static<Schema> | undefined> => {
    const entry = await (await open()).get(key)
    return entry === null || entry.operation !== 'PUT' ? undefined : decode(key, () => entry.json())
  }
  return {
    get,
    put: async (key, value) => void (await (await open()).put(key, JSON.stringify(value))),
    delete: async (key) => (await open()).delete(key),
    entries: async (filter) => {
      const found = new Map<string, Static<Schema>>()
      for (const key of await listKeys(bus, name, filter)) {
        const value = await get(key)
        if (value !== undefined) found.set(key, value)
      }
      return found
    },
    watch: (filter, { signal }) => watch(bus, open, { name, filter, signal }, decode),
  }
}

/** Not by the client's own listing, which waits for a message that is not there any more when a key is written while it is listed. */
async function listKeys(bus: Bus, bucket: string, filter: string): Promise<string[]> {
  const prefix = `$KV.${bucket}.`
  const { state } = await bus.jsm.streams.info(`KV_${bucket}`, { subjects_filter: prefix + filter })
  return Object.keys(state.subjects ?? {})
    .map((subject) => subject.slice(prefix.length))
    .sort()
}

async function* watch<T>(
  bus: Bus,
  open: () => Promise<KV>,
  { name, filter, signal }: WatchTarget,
  decode: (key: string, json: () => unknown) => T | undefined,
): AsyncGenerator<BucketEntry<T>, void, void> {
  if (bus.status() === 'connecting') await untilConnected(bus, signal).catch(endsWith(signal))
  while (!signal.aborted) {
    try {
      const entries = await (await open()).watch({ key: filter })
      const stopChecking = await endWhenReplaced(bus, name, () => entries.stop()).catch((err: unknown) => {
        entries.stop() // else each attempt would leave one behind
        throw err
      })
      for await (const entry of abortable(entries, signal, stopChecking)) {
        if (entry.operation !== 'PUT') yield { key: entry.key, value: undefined }
        else {
          const value = decode(entry.key, () => entry.json())
          if (value !== undefined) yield { key: entry.key, value }
        }
      }
    } catch (err) {
      if (signal.aborted || bus.nc.isClosed()) return
      bus.log.warn({ event: 'bucket.watch-failed', filter, err }, 'watching a bucket failed, trying again')
    }
    if (bus.nc.isClosed()) return
    await pause(WATCH_RETRY_MS, signal)
  }
}

/**
 * A broker that lost its disk gets its buckets made anew. The watch of the old one then waits at a position that the new one has not
 * reached, without an error: so the age of the bucket is looked at after each reconnect and now and then.
 */
async function endWhenReplaced(bus: Bus, bucket: string, end: () => void): Promise<() => void> {
  const madeOn = async (): Promise<string> => (await bus.jsm.streams.info(`KV_${bucket}`)).created
  const first = await madeOn()
  const check = async (): Promise<void> => {
    if (bus.status() !== 'connected') return
    try {
      if ((await madeOn()) !== first) end()
    } catch (err) {
      bus.log.warn({ event: 'bucket.check-failed', bucket, err }, 'bucket cannot be looked at, watching it anew')
      end()
    }
  }
  const timer = setInterval(() => void check(), SAME_BUCKET_CHECK_MS)
  const stopListening = bus.onStatus((status) => {
    if (status === 'connected') void check()
  })
  return () => {
    clearInterval(timer)
    stopListening()
  }
}

interface WatchTarget {
  readonly name: string
  readonly filter: string
  readonly signal: AbortSignal
}

async function* abortable(
  entries: Awaited<ReturnType<KV['watch']>>,
  signal: AbortSignal,
  onEnd: () => void,
): AsyncGenerator<KvWatchEntry, void, void> {
  const stop = (): void => entries.stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (!signal.aborted) yield* entries
  } finally {
    signal.removeEventListener('abort', stop)
    onEnd()
    entries.stop()
  }
}

function parsed(json: () => unknown): unknown {
  try {
    return json()
  } catch {
    return undefined // no schema allows undefined, so the validator says what is wrong
  }
}

/** What fails because the signal fired is over, and nothing else is. */
const endsWith =
  (signal: AbortSignal) =>
  (err: unknown): void => {
    if (!signal.aborted) throw err
  }
