import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from './connection.ts'

type StatusOf = Pick<Bus, 'status' | 'onStatus'>

/** Resolves when the bus is connected, at once if it is. @throws the signal's reason when it fires before */
export async function untilConnected(bus: StatusOf, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  if (bus.status() === 'connected') return
  const connected = Promise.withResolvers<void>()
  const stopListening = bus.onStatus((status) => {
    if (status === 'connected') connected.resolve()
  })
  const giveUp = (): void => connected.reject(signal?.reason)
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    await connected.promise
  } finally {
    stopListening()
    signal?.removeEventListener('abort', giveUp)
  }
}

/**
 * Begins something that needs a connection as soon as there was one: now, or at the first. What was begun lives through later losses.
 * @returns keeps it from being begun
 */
export function onceReached(bus: StatusOf, begin: () => void): () => void {
  if (bus.status() !== 'connecting') {
    begin()
    return () => undefined
  }
  const stopListening = bus.onStatus(() => {
    stopListening()
    begin()
  })
  return stopListening
}

/** Waits, or stops waiting when the signal fires. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal })
  } catch (err) {
    if (!signal.aborted) throw err
  }
}
