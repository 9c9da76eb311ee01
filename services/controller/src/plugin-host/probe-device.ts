import { createDevice, type DevicePlugin, type Reading, silentLog } from '@webmacs/plugin-sdk'
import { errorText } from '../error-text.ts'
import { callDevice } from './device-call.ts'
import { describeChannel } from './device-session.ts'
import { loadPlugin } from './load-plugin.ts'
import type { ProbedMessage, ProbeRequest } from './messages.ts'
import { systemTimers as timers } from './timers.ts'
import { WallClock } from './wall-clock.ts'

/** Channels that the device sends by itself get this long to say something. */
const PUSH_PATIENCE_MS = 1000

/** Connects to a device, reads every channel once, and lets it go. Writes nothing, safe values neither: somebody else may be driving it. */
export async function probeDevice({ plugin, module, ...request }: ProbeRequest): Promise<ProbedMessage> {
  const { deadlines, config, demoMode } = request
  const clock = new WallClock()
  const startedMs = performance.now()
  const definition = await loadPlugin(plugin, module)
  const device = await createDevice(definition, {
    ...{ instanceName: definition.meta.name, demoMode, config, log: silentLog },
    signal: AbortSignal.timeout(deadlines.connectMs),
  })
  const ask = <T>(what: string, deadlineMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    callDevice(work, { what, deadlineMs, timers }).outcome
  const pushed = listenToPushed(device)
  let message: string | null = null
  let readings: Reading[] = []
  try {
    await ask('connect', deadlines.connectMs, (signal) => device.connect(signal))
    const ids = device.channels.map(({ id }) => id)
    readings = await ask('read', deadlines.readMs, (signal) => device.read(ids, signal))
    readings.push(...(await pushed()))
  } catch (err) {
    message = errorText(err)
  }
  const durationMs = performance.now() - startedMs
  const time = clock.now()
  // Whatever it says then: its process ends, and it was read already, or the reason is known.
  await Promise.allSettled([
    ask('disconnect', deadlines.stopMs, (signal) => device.disconnect(signal, { outputs: 'keep' })),
  ])
  return {
    type: 'probed',
    ok: message === null,
    message,
    channels: device.channels.map(describeChannel),
    time,
    readings: readings.map((reading) => ({ ...reading, quality: [...reading.quality] })),
    durationMs,
  }
}

/** @returns waits, not for long, until every channel that is pushed has said something, and gives what they said last */
function listenToPushed(device: DevicePlugin<unknown>): () => Promise<Reading[]> {
  const awaited = new Set(device.demoMode ? [] : device.channels.filter(({ pushed }) => pushed).map(({ id }) => id))
  const said = new Map<string, Reading>()
  const done = Promise.withResolvers<void>()
  if (awaited.size === 0) done.resolve()
  device.listen({
    pushed: (readings) => {
      for (const reading of readings) {
        said.set(reading.channel, reading)
        awaited.delete(reading.channel)
      }
      if (awaited.size === 0) done.resolve()
    },
    lost: (err) => done.reject(err),
  })
  done.promise.catch(() => undefined) // a device that is lost before anybody waits for it: the read says so as well
  return async () => {
    const cancel = timers.after(PUSH_PATIENCE_MS, () => done.resolve())
    await done.promise.finally(cancel)
    return [...said.values()]
  }
}
