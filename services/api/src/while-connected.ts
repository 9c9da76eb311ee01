import type { Bus } from '@webmacs/bus'

/**
 * Does work on the broker, and gives it up as soon as the broker is lost instead of waiting for what it was asked: whoever holds a lock
 * meanwhile would keep instances that have a broker from doing the same.
 * @param work heeds the signal before each step; what is under way when it fires may still reach the broker
 * @throws Error when the broker is lost
 */
export async function whileConnected<T>(bus: Bus, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const isLost = 'the broker is lost'
  if (bus.status() !== 'connected') throw new Error(isLost)
  const aborter = new AbortController()
  const lost = Promise.withResolvers<never>()
  const stop = bus.onStatus((status) => {
    if (status === 'connected') return
    aborter.abort()
    lost.reject(new Error(isLost))
  })
  try {
    return await Promise.race([work(aborter.signal), lost.promise])
  } finally {
    stop()
  }
}
