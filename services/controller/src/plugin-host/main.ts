import type { ControllerMessage, HostMessage } from './messages.ts'
import { PluginHost } from './plugin-host.ts'

/** How long outputs may take to become safe after the controller is gone; then the process ends whatever its driver does. */
const ORPHAN_DEADLINE_MS = 5000

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
  setTimeout(() => process.exit(1), ORPHAN_DEADLINE_MS).unref()
  void host.stop(0)
})

for (const kind of ['uncaughtException', 'unhandledRejection'] as const) process.on(kind, (err) => void host.fail(err))
