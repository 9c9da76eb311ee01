import { join, resolve } from 'node:path'
import { type Bus, onceReached, openBucket, openBus, registerService, request, untilConnected } from '@webmacs/bus'
import {
  ControllerInventory,
  ControllerPulse,
  DesiredInstance,
  DesiredPackages,
  formatTime,
  type Micros,
  nowMicros,
  parseTime,
  ReportedInstance,
  ServerTime,
} from '@webmacs/contracts'
import {
  createMetrics,
  HealthChecks,
  type Logger,
  type RunningService,
  redactConfig,
  SERVICE_VERSION,
  type ServiceContext,
  startOpsServer,
} from '@webmacs/service-kit'
import { answerQuestions } from './answers/answers.ts'
import { Looks } from './answers/looks.ts'
import { Trials } from './answers/trials.ts'
import { Commands } from './commands/commands.ts'
import { type ControllerConfig, ControllerEnvironment } from './config.ts'
import { ContactWatch } from './contact/contact-watch.ts'
import { ServerClock } from './contact/server-clock.ts'
import { asTimeUncertain } from './contact/time-uncertain.ts'
import { createControllerMetrics } from './controller-metrics.ts'
import { DesiredFollower } from './desired-state/desired-follower.ts'
import { DesiredMemory } from './desired-state/desired-memory.ts'
import { Pulse } from './desired-state/pulse.ts'
import { StatusReporter } from './desired-state/status-reporter.ts'
import { lockFolder } from './folder-lock.ts'
import { FrameIntake } from './frames/frame-intake.ts'
import { GapReporter } from './gaps/gap-reporter.ts'
import { discoverPlugins } from './inventory/discover-plugins.ts'
import { InventoryReporter } from './inventory/inventory-reporter.ts'
import { cataloguePlugins, type PluginCatalogue } from './inventory/plugin-catalogue.ts'
import type { DiskOutbox } from './outbox/disk-outbox.ts'
import type { Outbox } from './outbox/outbox.ts'
import { startOutbox } from './outbox/start-outbox.ts'
import { describePackage } from './packages/describe-package.ts'
import { fetchPackage } from './packages/fetch-package.ts'
import { PackageFolders } from './packages/package-folders.ts'
import { PackageFollower } from './packages/package-follower.ts'
import { UploadedPackages } from './packages/uploaded-packages.ts'
import { systemTimers } from './plugin-host/timers.ts'
import { BacklogRate } from './publishing/backlog-rate.ts'
import { DeliveryAudit } from './publishing/delivery-audit.ts'
import { Publisher } from './publishing/publisher.ts'
import { HOST_MODULE, type HostSettings } from './supervision/host-process.ts'
import { endOrphans } from './supervision/orphans.ts'
import { Supervisor } from './supervision/supervisor.ts'
import { untilSettled } from './supervision/waiting.ts'
import { ValveCycleParts } from './valve-cycle/start-valve-cycle.ts'

/** A started controller; what is beside `stop` is for tests and diagnosis. */
export interface RunningController extends RunningService {
  readonly outbox: DiskOutbox
  /** Processes of plugin instances, instance → pid. */
  pluginPids(): ReadonlyMap<string, number>
}

/** Beyond what a plugin process has for safe values. */
const ORPHAN_SLACK_MS = 1500

/** An answer that takes longer says little about what time it is. */
const TIME_PATIENCE_MS = 1000

/** Devices do not wait longer for the broker: without it, what was wanted last is done. */
const BROKER_PATIENCE_MS = 3000

/** Devices do not wait longer for the inventory to be told. */
const INVENTORY_PATIENCE_MS = 3000

/** Starts the parts in order; stopping goes the way back: devices to safe first, then what they said leaves, then the connection. */
export async function startController(config: ControllerConfig, context: ServiceContext): Promise<RunningController> {
  const { log, signal } = context
  log.info({ event: 'service.config', config: redactConfig(ControllerEnvironment, config) }, 'configuration')
  await using starting = new AsyncDisposableStack()
  const controller = config.WEBMACS_CONTROLLER_ID
  const folder = join(config.WEBMACS_DATA_DIR, 'controller', controller)
  starting.defer(lockFolder(folder, log))
  const metrics = createMetrics('controller')
  const health = new HealthChecks()
  const rate = new BacklogRate({ fixed: config.OUTBOX_BACKLOG_RATE })
  const { outbox, watch, fill, stop } = await startOutbox({
    config,
    log,
    onDropped: (frames) => counted.dropped(frames),
    intervalOf: (instance) => supervisor.find(instance)?.desired?.interval_ms,
  })
  starting.defer(stop)
  const counted = createControllerMetrics(metrics, { outbox, rate, fill, untoldGaps: () => outbox.gaps.size })
  const ops = await startOpsServer({ host: config.OPS_HOST, port: config.OPS_PORT, metrics, health })
  starting.defer(() => ops.close())

  const bus = openBus({
    url: config.NATS_URL,
    prefix: config.WEBMACS_BUS_PREFIX,
    name: 'controller',
    log,
    signal,
  })
  starting.defer(() => bus.close())
  health.add('broker', () => {
    if (bus.status() !== 'connected') throw new Error('not connected')
  })
  const service = await registerService(bus, {
    name: 'controller',
    version: SERVICE_VERSION,
    description: `Runs the devices of ${controller}`,
  })
  starting.defer(() => service.stop())

  const publisher = new Publisher({
    bus,
    outbox,
    source: controller,
    window: config.PUBLISH_WINDOW,
    rate,
    ackTimeoutMs: config.PUBLISH_TIMEOUT_MS,
    log,
    onPublished: counted.published,
  })
  publisher.start()
  starting.defer(() => publisher.stop())
  const audit = new DeliveryAudit({
    bus,
    outbox,
    publisher,
    source: controller,
    intervalMs: config.OUTBOX_AUDIT_INTERVAL_MS,
    log,
  })
  audit.start()
  starting.defer(() => audit.stop())
  const gapReporter = new GapReporter({ bus, book: outbox.gaps, source: controller, log })
  gapReporter.start()
  starting.defer(() => gapReporter.stop())
  starting.defer(() => flush(publisher, outbox, config.FLUSH_TIMEOUT_MS, log))

  const clock = new ServerClock({
    ask: () => askServerTime(bus),
    now: nowMicros,
    uptimeMs: () => performance.now(),
    log,
  })
  clock.start()
  starting.defer(() => clock.stop())
  metrics.gauge('controller_clock_skew_seconds', "How far the server's clock is ahead of this machine's", [], (gauge) =>
    gauge.set(clock.skew / 1_000_000),
  )
  const commands = new Commands({
    bus,
    controller,
    folder,
    find: (instance) => supervisor.find(instance),
    isHeldSafe: (instance, channel) => contact.isHeldSafe(instance, channel),
    skew: () => clock.skew,
    metrics,
    log,
  })
  commands.start()
  starting.defer(() => commands.stop())

  const hosts = hostSettings(config)
  const patience = AbortSignal.any([signal, AbortSignal.timeout(BROKER_PATIENCE_MS)])
  await endOrphans({
    hostModule: HOST_MODULE,
    controller,
    patienceMs: hosts.stopTimeoutMs + ORPHAN_SLACK_MS,
    log,
    signal,
  })
  const stopping = new AbortController()
  const describing = { hosts, log, signal: AbortSignal.any([signal, stopping.signal]) }
  const catalogue = new Map(await cataloguePlugins(await discoverPlugins(config.PLUGIN_FOLDERS, log), describing))
  const bundled = bundledPackages(catalogue)
  const packages = new UploadedPackages({
    controller,
    folders: new PackageFolders(resolve(config.WEBMACS_DATA_DIR, 'controller', controller, 'packages')),
    catalogue,
    describe: (folder) => describePackage(folder, describing),
    fetch: (wanted) => fetchPackage(bus, wanted, describing.signal),
    restart: (plugins) => supervisor.restart(plugins),
    onChange: () => void inventory.tell(),
    log,
  })
  await packages.load()
  const startedOn = formatTime(nowMicros())
  const inventory = new InventoryReporter({
    bucket: await openBucket(bus, bus.names.buckets.controllers, ControllerInventory),
    inventory: () => ({
      controller,
      version: SERVICE_VERSION,
      started_on: startedOn,
      plugins: [...catalogue.values()].map(({ description }) => description),
      platform: { node: process.versions.node, os: process.platform, cpu: process.arch },
      packages: [...bundled, ...packages.inventory()],
    }),
    log,
  })
  starting.defer(() => inventory.stop())
  await untilSettled(untilConnected(bus, patience), patience)
  signal.throwIfAborted()
  starting.defer(onceReached(bus, () => void inventory.tell()))
  if (bus.status() === 'connected')
    await untilSettled(inventory.tell(), AbortSignal.any([signal, AbortSignal.timeout(INVENTORY_PATIENCE_MS)]))

  const pulse = new Pulse({
    bucket: await openBucket(bus, bus.names.buckets.controllers, ControllerPulse),
    controller,
    log,
  })
  starting.defer(() => pulse.stop())
  starting.defer(onceReached(bus, () => pulse.start()))
  const reporter = new StatusReporter({
    bucket: await openBucket(bus, bus.names.buckets.controllers, ReportedInstance),
    controller,
    log,
  })
  starting.defer(() => reporter.stop())
  starting.defer(onceReached(bus, () => reporter.start()))
  const intake = new FrameIntake({
    outbox,
    watch,
    log,
    onFrames: (readings) => {
      rate.note(readings)
      publisher.wake()
    },
  })
  const deadlines = {
    connectMs: config.DEVICE_CONNECT_TIMEOUT_MS,
    readMs: config.DEVICE_READ_TIMEOUT_MS,
    stopMs: config.PLUGIN_STOP_TIMEOUT_MS,
  }
  const looks = new Looks({ find: (instance) => supervisor.find(instance) })
  const contact = new ContactWatch({
    instances: () => supervisor.instances,
    uptimeMs: () => performance.now(),
    timers: systemTimers,
    log,
    makingSafe: (instance, channels) => commands.executor.makingSafe(instance, channels),
  })
  starting.defer(() => contact.stop())
  const cycle = new ValveCycleParts({
    bus,
    controller,
    executor: commands.executor,
    instances: () => supervisor.instances,
    intake,
    skew: () => clock.skew,
    log,
  })
  commands.onChange((report) => cycle.hearCommand(report))
  const supervisor = new Supervisor({
    catalogue,
    hosts,
    deadlines,
    restart: { firstMs: config.PLUGIN_RESTART_FIRST_MS, maxMs: config.PLUGIN_RESTART_MAX_MS },
    observer: {
      reported: (instance, report) => {
        reporter.report(instance, report)
        if (report !== undefined) return
        counted.removed(instance)
        commands.executor.forget(instance)
      },
      sampled: (instance, sample, events) => {
        intake.take(instance, clock.isUncertain ? asTimeUncertain(sample) : sample, events)
        cycle.takeSample(sample, events)
      },
      ended: (instance, events) => intake.takeEnd(instance, events),
      answered: (instance, message) => {
        commands.executor.hear(instance, message)
        looks.hear(instance, message)
      },
      silenced: (instance) => {
        for (const one of [commands.executor, looks, contact]) one.silenced(instance)
      },
      setpoints: (instance) => commands.setpoints(instance),
      beat: (instance, beat) => {
        counted.beat(instance, beat)
        looks.beat(instance, beat)
      },
      started: (instance, plugin, end) => packageFollower.noteStart(instance, plugin, end),
      restarted: counted.restarted,
    },
    log,
  })
  starting.defer(() => supervisor.close())
  starting.defer(() => watch.closing())
  const packageFollower = new PackageFollower({
    bucket: await openBucket(bus, bus.names.buckets.controllers, DesiredPackages),
    packages,
    log,
  })
  packageFollower.start()
  starting.defer(() => {
    stopping.abort()
    return packageFollower.stop()
  })
  const memory = new DesiredMemory({ path: join(folder, 'desired.json'), log })
  starting.defer(() => memory.stop())
  const follower = new DesiredFollower({
    bus,
    memory,
    bucket: await openBucket(bus, bus.names.buckets.controllers, DesiredInstance),
    controller,
    log,
    apply: (instance, desired) => {
      watch.wanted(instance, desired)
      supervisor.apply(instance, desired)
    },
    settled: async (wanted) => {
      watch.keepOnly(wanted)
      await reporter.forgetOthers(wanted)
    },
  })
  await follower.start()
  starting.defer(() => follower.stop())
  const stopRepeating = bus.onStatus((status) => {
    if (status !== 'connected') return
    // A broker that comes back may have lost its disk.
    reporter.repeat()
    void inventory.tell()
    commands.tellAgain()
    cycle.repeat()
    clock.hurry()
  })
  starting.defer(stopRepeating)
  const watchContact = (): void => (bus.status() === 'connected' ? contact.back() : contact.lost())
  starting.defer(bus.onStatus(watchContact))
  watchContact()
  starting.defer(
    answerQuestions({
      bus,
      controller,
      looks,
      trials: new Trials({ catalogue: () => catalogue, hosts, deadlines, log }),
    }),
  )
  commands.open()
  starting.defer(() => commands.shut())
  starting.defer(() => cycle.stop())
  starting.defer(onceReached(bus, () => cycle.start()))

  const running = starting.move()
  return {
    ports: { ops: ops.port },
    outbox,
    pluginPids: () => supervisor.pids(),
    stop: () => running.disposeAsync(),
  }
}

/** Packages of the drivers that came with the system. */
function bundledPackages(catalogue: PluginCatalogue): ControllerInventory['packages'] {
  const byPackage = Map.groupBy([...catalogue.values()], ({ description }) => description.package.name)
  return [...byPackage].map(([name, plugins]) => ({
    name,
    version: plugins[0]?.description.package.version ?? '',
    source: 'bundled',
    plugins: plugins.map(({ description }) => description.id),
    problem: null,
  }))
}

async function askServerTime(bus: Bus): Promise<Micros> {
  const { time } = await request(bus, bus.names.subjects.time, {}, ServerTime, { timeoutMs: TIME_PATIENCE_MS })
  const parsed = parseTime(time)
  if (parsed === undefined) throw new Error(`"${time}" names no moment`)
  return parsed
}

async function flush(publisher: Publisher, outbox: Outbox, timeoutMs: number, log: Logger): Promise<void> {
  if (await publisher.flush(AbortSignal.timeout(timeoutMs))) return
  log.warn({ event: 'outbox.left-over', frames: outbox.unsent() }, 'frames could not be delivered before the end')
}

const hostSettings = (config: ControllerConfig): HostSettings => ({
  controller: config.WEBMACS_CONTROLLER_ID,
  startTimeoutMs: config.PLUGIN_START_TIMEOUT_MS,
  heartbeatTimeoutMs: config.PLUGIN_HEARTBEAT_TIMEOUT_MS,
  stopTimeoutMs: config.PLUGIN_STOP_TIMEOUT_MS + 500,
  memoryBytes: config.PLUGIN_MEMORY_MB * 1024 ** 2,
  heapMb: Math.floor(config.PLUGIN_MEMORY_MB / 2),
  environment: config.pluginEnvironment,
})
