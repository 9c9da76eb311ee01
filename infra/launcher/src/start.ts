import { once } from 'node:events'
import { watch } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@webmacs/embedded'
import project from '../../../package.json' with { type: 'json' }
import { type LauncherConfig, loadLauncherConfig, ROOT } from './config.ts'
import { buildDashboard, viteDefinition } from './dashboard.ts'
import { lockDataDirectory, openDataDirectory } from './data-directory.ts'
import { LaunchError } from './launch-error.ts'
import { type LogSink, openLogs } from './log-lines.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { type Runtime, RuntimeFile } from './runtime-file.ts'
import { loadSecrets, type Secrets } from './secrets.ts'
import { type DatabaseServer, type NatsServer, openDatabaseServer, openNatsServer, prepare } from './servers.ts'
import { defineServices, type ServiceDefinition } from './services.ts'
import { SupervisedProcess } from './supervised-process.ts'

type Undo = () => Promise<void> | void

/** Runs the whole system until it is told to stop. @param mode `dev`: file watching, and the dashboard from Vite */
export async function start(mode: 'start' | 'dev'): Promise<number> {
  const config = loadLauncherConfig(process.env)
  const reporter = createReporter(config.logFormat)
  const undo: Undo[] = []
  const stopAsked = Promise.withResolvers<void>()
  const killNow = onStopSignals(stopAsked.resolve, reporter)
  try {
    await bringUp(config, mode, reporter, undo, killNow)
    await stopAsked.promise
    reporter.line('Stopping …')
    return 0
  } finally {
    for (const step of undo.reverse()) await undoStep(step, reporter)
    if (undo.length > 0) reporter.line('Stopped.')
  }
}

/** One that fails must not keep the others from being undone: servers would be left running. */
async function undoStep(step: Undo, reporter: Reporter): Promise<void> {
  try {
    await step()
  } catch (err) {
    reporter.warn(`stopping: ${err instanceof Error ? err.message : err}`)
  }
}

async function bringUp(
  config: LauncherConfig,
  mode: 'start' | 'dev',
  reporter: Reporter,
  undo: Undo[],
  killNow: Set<() => void>,
): Promise<void> {
  const startedAt = performance.now()
  const startedOn = new Date().toISOString()
  reporter.line(`WebMACS ${project.version} (${config.environment}), data in ${config.dataDir}`)
  await openDataDirectory(config.dataDir)
  const lock = await lockDataDirectory(config.dataDir)
  undo.push(() => lock.release())
  await refuseTakenPort(config)
  const secrets = await loadSecrets(config.dataDir)
  if (mode === 'start') await buildDashboard(reporter)

  const [database, nats] = await openServers(config, secrets, reporter, undo)
  await reporter.step('Database and streams up to date', async (say) => {
    const migrations = await prepare(database, nats)
    if (migrations.length > 0) say(`${migrations.length} migrations`)
  })

  const logs = await openLogs(config.dataDir, config.logFormat)
  undo.push(() => logs.close())
  const vite = mode === 'dev' ? await freePort() : undefined
  const uiUrl = vite === undefined ? undefined : `http://127.0.0.1:${vite}`
  const definitions = await defineServices({ config, secrets, database, nats, uiUrl })
  const processes: SupervisedProcess[] = []
  const runtimeFile = new RuntimeFile(config.dataDir, (err) => reporter.warn(`runtime.json cannot be written: ${err}`))
  const report = (): void => runtimeFile.write(describe(config, startedOn, database, nats, definitions, processes))
  undo.push(() => runtimeFile.remove())
  database.afterRestart = async () => report()
  nats.afterRestart = async () => {
    // A broker that lost its disk comes back without streams, and what is published to none is kept by nobody.
    await prepare(database, nats)
    report()
  }
  undo.push(() => stopInReverse(processes))
  killNow.add(() => {
    for (const process of processes) process.kill()
  })
  await reporter.step('Services', async (say) => {
    await startAll([...definitions, ...(vite === undefined ? [] : [viteDefinition(vite)])], processes, {
      logs,
      reporter,
      onChange: report,
    })
    say(processes.map(({ name }) => name).join(', '))
  })
  if (mode === 'dev') undo.push(restartOnChange(definitions, processes, reporter))
  report()
  welcome(config, reporter, performance.now() - startedAt)
}

/** Both at once; what did start is stopped even if the other could not. */
async function openServers(
  config: LauncherConfig,
  secrets: Secrets,
  reporter: Reporter,
  undo: Undo[],
): Promise<[DatabaseServer, NatsServer]> {
  const register = <T extends { stop(): Promise<void> }>(server: T): T => {
    undo.push(() => server.stop())
    return server
  }
  const servers = [
    openDatabaseServer(config, secrets, reporter).then(register),
    openNatsServer(config, secrets, reporter).then(register),
  ] as const
  await Promise.allSettled(servers)
  return Promise.all(servers)
}

async function startAll(
  definitions: readonly (ServiceDefinition | ReturnType<typeof viteDefinition>)[],
  processes: SupervisedProcess[],
  options: { readonly logs: LogSink; readonly reporter: Reporter; readonly onChange: () => void },
): Promise<void> {
  for (const definition of definitions) processes.push(new SupervisedProcess(definition, options))
  // They wait for one another by themselves, so all may start at once; every failure is told, not only the first.
  const outcomes = await Promise.allSettled(processes.map((process) => process.start()))
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  if (failures.length > 0)
    throw new LaunchError(failures.map((err: unknown) => (err instanceof Error ? err.message : err)).join('\n'))
}

/** Who is asked last stops first: no request meets a service that is gone, and the controller can hand its frames to the writer. */
async function stopInReverse(processes: readonly SupervisedProcess[]): Promise<void> {
  for (const process of [...processes].reverse()) await process.stop()
}

/** A second signal ends everything at once. */
function onStopSignals(stop: () => void, reporter: Reporter): Set<() => void> {
  const killNow = new Set<() => void>()
  let isStopping = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!isStopping) {
        isStopping = true
        stop()
        return
      }
      reporter.warn('Ending at once.')
      for (const kill of killNow) kill()
    })
  }
  return killNow
}

async function refuseTakenPort({ port, host }: LauncherConfig): Promise<void> {
  const probe = createServer()
  try {
    probe.listen(port, host)
    await once(probe, 'listening')
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    const advice = `choose another: WEBMACS_PORT=${port === 8000 ? 8080 : port + 1} npm start`
    if (code === 'EADDRINUSE')
      throw new LaunchError(`Port ${port} is taken by another program. Stop that one, or ${advice}`, err)
    if (code === 'EACCES')
      throw new LaunchError(`Port ${port} may only be used by root. Run as root, or ${advice}`, err)
    throw new LaunchError(`${host}:${port} cannot be listened on (${code}). Check HOST and WEBMACS_PORT.`, err)
  }
  probe.close()
  await once(probe, 'close')
}

function restartOnChange(
  definitions: readonly ServiceDefinition[],
  processes: readonly SupervisedProcess[],
  reporter: Reporter,
): Undo {
  const gatherMs = 150 // an editor writes several files at once
  const pending = new Map<string, NodeJS.Timeout>()
  const restart = (name: string): void => {
    clearTimeout(pending.get(name))
    const timer = setTimeout(() => {
      reporter.line(`  ↻ ${name}`)
      processes.find((process) => process.name === name)?.restart()
    }, gatherMs)
    pending.set(name, timer)
  }
  const isSource = (file: string | null): boolean =>
    /\.ts$/.test(file ?? '') && !/\.test\.ts$|node_modules|\.tsx$/.test(file ?? '')
  const watchers = [
    ...definitions.map(({ name, folder }) =>
      watch(join(ROOT, folder), { recursive: true }, (_kind, file) => isSource(file) && restart(name)),
    ),
    watch(join(ROOT, 'shared'), { recursive: true }, (_kind, file) => {
      if (isSource(file)) for (const { name } of definitions) restart(name)
    }),
  ]
  return () => {
    for (const watcher of watchers) watcher.close()
    for (const timer of pending.values()) clearTimeout(timer)
  }
}

function describe(
  config: LauncherConfig,
  startedOn: string,
  database: DatabaseServer,
  nats: NatsServer,
  definitions: readonly ServiceDefinition[],
  processes: readonly SupervisedProcess[],
): Runtime {
  const services = definitions.map(({ name, httpPort, opsPort }) => {
    const process = processes.find((candidate) => candidate.name === name)
    return [name, { pid: process?.pid ?? null, restarts: process?.restarts ?? 0, httpPort, opsPort }] as const
  })
  return {
    version: project.version,
    pid: process.pid,
    startedOn,
    url: `http://localhost:${config.port}`,
    node: process.versions.node,
    database: { url: database.url, pid: database.pid, embedded: database.isEmbedded },
    nats: { url: nats.url, operatorUrl: nats.urlFor('operator'), pid: nats.pid, embedded: nats.isEmbedded },
    services: Object.fromEntries(services),
  }
}

function welcome(config: LauncherConfig, reporter: Reporter, tookMs: number): void {
  reporter.line(`Ready in ${(tookMs / 1000).toFixed(1)} s\n`)
  reporter.line(`  http://localhost:${config.port}`)
  if (config.environment === 'development') {
    reporter.line(`  log in as ${config.adminEmail} with ${config.adminPassword} (development only)`)
  } else if (config.adminPassword === undefined) {
    reporter.line(
      `  first login: ${config.adminEmail}; the password stands in ${join(config.dataDir, 'secrets.json')}, under "adminPassword"`,
    )
  }
  reporter.line('  Ctrl-C stops everything\n')
}
