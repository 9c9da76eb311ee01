import type { ControllerMessage, HostMessage } from './messages.ts'
import { PluginHost } from './plugin-host.ts'

/** Beyond its driver's deadline for safe values, a process whose controller is gone lives no longer than this. */
const ORPHAN_GRACE_MS = 1000

const host = new PluginHost({ send, exit: (code) => process.exit(code) })

/** Messages to a controller that is gone are lost with it. */
function send(message: HostMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
  else resolve()
  return promise
}

// Only the controller sends messages here, so their form is known.
process.on('message', (message: ControllerMessage) => {
  host.handle(message).catch((err: unknown) => host.fail(err))
})

// A terminal's Ctrl-C reaches this process too; outputs become safe when the controller says so, or is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

process.on('disconnect', () => {
  setTimeout(() => process.exit(1), host.stopDeadlineMs + ORPHAN_GRACE_MS).unref()
  void host.stop(0)
})

for (const kind of ['uncaughtException', 'unhandledRejection'] as const) process.on(kind, (err) => void host.fail(err))
