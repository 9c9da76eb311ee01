import { setTimeout as delay } from 'node:timers/promises'
import { type KV, Kvm, type KvWatchEntry } from '@nats-io/kv'
import { createValidator } from '@webmacs/contracts/validation'
import type { Static, TSchema } from 'typebox'
import type { Bus } from './connection.ts'

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

export async function openBucket<Schema extends TSchema>(
  bus: Bus,
  name: string,
  schema: Schema,
): Promise<Bucket<Static<Schema>>> {
  const kv = await new Kvm(bus.js).open(name)
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
    const entry = await kv.get(key)
    return entry === null || entry.operation !== 'PUT' ? undefined : decode(key, () => entry.json())
  }
  return {
    get,
    put: async (key, value) => void (await kv.put(key, JSON.stringify(value))),
    delete: (key) => kv.delete(key),
    entries: async (filter) => {
      const found = new Map<string, Static<Schema>>()
      for (const key of await listKeys(bus, name, filter)) {
        const value = await get(key)
        if (value !== undefined) found.set(key, value)
      }
      return found
    },
    watch: (filter, { signal }) => watch(bus, kv, { name, filter, signal }, decode),
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
  kv: KV,
  { name, filter, signal }: WatchTarget,
  decode: (key: string, json: () => unknown) => T | undefined,
): AsyncGenerator<BucketEntry<T>, void, void> {
  while (!signal.aborted) {
    try {
      const entries = await kv.watch({ key: filter })
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
    await delay(WATCH_RETRY_MS, undefined, { signal }).catch(ignoreAbort)
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

function ignoreAbort(err: unknown): void {
  if (!(err instanceof Error && err.name === 'AbortError')) throw err
}
