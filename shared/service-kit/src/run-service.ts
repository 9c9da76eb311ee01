import { ConfigError } from './config.ts'
import { createLogger, type Logger } from './logger.ts'
import { SERVICE_VERSION } from './version.ts'

/** What a started service gives back. */
export interface RunningService {
  /** Ports that were opened, told to whoever started the process. */
  readonly ports: { readonly http?: number; readonly ops?: number }
  /** Stops in the reverse order of the start; resolves when nothing is left to do. */
  stop(): Promise<void>
}

export interface ServiceContext {
  readonly log: Logger
  /** Fires when the process shall stop, also while it is still starting. */
  readonly signal: AbortSignal
}

export interface ServiceDefinition<Config extends { readonly LOG_LEVEL: string }> {
  readonly name: string
  readonly loadConfig: (env: NodeJS.ProcessEnv) => Config
  readonly start: (config: Config, context: ServiceContext) => Promise<RunningService>
  /** Past this the process ends whatever it is doing. Default 10 s. */
  readonly shutdownDeadlineMs?: number
}

/** Sent over the IPC channel to a parent that opened one. */
export interface ReadyMessage {
  readonly type: 'ready'
  readonly ports: RunningService['ports']
}

/** A wrong configuration will not mend itself by a restart: sysexits' EX_CONFIG tells the parent so. */
export const EXIT_CONFIG = 78

/**
 * Runs a service as this process: configuration, start, SIGINT and SIGTERM, uncaught errors, loss of the parent, deadline, exit code.
 * The only caller is each service's `main.ts`.
 */
export async function runService<Config extends { readonly LOG_LEVEL: string }>(
  definition: ServiceDefinition<Config>,
): Promise<void> {
  process.stdout.on('error', ignoreBrokenPipe)
  const config = configured(definition)
  const log = createLogger({ service: definition.name, level: config.LOG_LEVEL })
  const aborter = new AbortController()
  const started = Promise.withResolvers<RunningService | undefined>()
  onEndOfProcess(log, definition.shutdownDeadlineMs ?? 10_000, async () => {
    aborter.abort()
    await (await started.promise)?.stop()
  })
  try {
    const running = await definition.start(config, { log, signal: aborter.signal })
    started.resolve(running)
    announceReady(running, log)
  } catch (err) {
    started.resolve(undefined)
    if (aborter.signal.aborted) return
    log.fatal({ event: 'service.start-failed', err }, 'service could not start')
    process.exit(1)
  }
}

/** Who read our lines is gone; the channel to the parent says so too, and ends the service in order. */
function ignoreBrokenPipe(err: NodeJS.ErrnoException): void {
  if (err.code !== 'EPIPE') throw err
}

/**
 * Stops once, whatever asks for it first, and ends the process with 0 after an orderly stop and 1 after an error or past the deadline.
 * A second signal changes nothing: a terminal's Ctrl-C reaches the whole process group and would otherwise cut the first one short.
 */
function onEndOfProcess(log: Logger, deadlineMs: number, stop: () => Promise<void>): void {
  let ending = false
  const end = async (reason: string, err?: unknown): Promise<void> => {
    if (ending) return
    ending = true
    setTimeout(() => {
      log.error({ event: 'service.stop-deadline', deadlineMs }, 'stopping took too long, ending the process')
      process.exit(1)
    }, deadlineMs).unref()
    log.info({ event: 'service.stopping', reason }, 'service stopping')
    try {
      await stop()
      log.info({ event: 'service.stopped' }, 'service stopped')
      process.exit(err === undefined ? 0 : 1)
    } catch (stopError) {
      log.error({ event: 'service.stop-failed', err: stopError }, 'service did not stop in order')
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(signal))
  // A parent that died cannot stop us any more: nothing may be left running without it.
  process.once('disconnect', () => void end('parent gone'))
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(kind, (err: unknown) => {
      log.fatal({ event: 'service.crashed', kind, err }, 'unexpected error, stopping')
      void end(kind, err)
    })
  }
}

function configured<Config extends { readonly LOG_LEVEL: string }>(definition: ServiceDefinition<Config>): Config {
  try {
    return definition.loadConfig(process.env)
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    createLogger({ service: definition.name }).fatal(
      { event: 'service.config-invalid', problems: err.problems },
      err.message,
    )
    process.exit(EXIT_CONFIG)
  }
}

function announceReady({ ports }: RunningService, log: Logger): void {
  log.info({ event: 'service.ready', ports, version: SERVICE_VERSION }, 'service ready')
  const message: ReadyMessage = { type: 'ready', ports }
  process.send?.(message)
}
