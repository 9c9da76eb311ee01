import type { Bus } from '@webmacs/bus'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { Revocations } from './auth/revocations.ts'
import { answerVerification } from './auth/verify-responder.ts'
import type { Broker } from './broker.ts'
import type { Changes } from './changes/changes.ts'
import { OutboxRelay } from './changes/outbox-relay.ts'
import { CommandHistory } from './commands/history.ts'
import { type Config, seedsDemo } from './config.ts'
import type { LastValues } from './datapoints/last-values.ts'
import { LastValuesFeed } from './datapoints/last-values-feed.ts'
import { DesiredStateReconciler } from './desired-state/reconciler.ts'
import { answerRunningExperiment } from './experiments/running-responder.ts'
import { firstSuccess } from './first-success.ts'
import { packageReconciler } from './packages/package-reconciler.ts'
import { ChannelFollower } from './plugins/channel-follower.ts'
import type { ControllerStates } from './plugins/controller-states.ts'
import { ControllerIntake } from './seed/controller-intake.ts'
import { seedFirstAdmin } from './seed/first-admin.ts'
import { noteStart } from './seed/start-entry.ts'
import { answerTime } from './system/time-responder.ts'
import type { TelemetryIntake } from './telemetry/intake.ts'
import { startTelemetry, type TelemetryParts } from './telemetry/start-telemetry.ts'
import { CycleLog } from './valve-cycle/cycle-log.ts'

export interface BackgroundOptions {
  readonly config: Config
  readonly db: Kysely<Tables>
  readonly bus: Bus
  readonly broker: Broker
  readonly changes: Changes
  readonly lastValues: LastValues
  readonly revocations: Revocations
  readonly states: ControllerStates
  readonly intake: TelemetryIntake
  readonly telemetry: TelemetryParts
  readonly log: Logger
  readonly signal: AbortSignal
}

/** What works beside the requests. Each is tried until database and broker let it start; disposal stops them in reverse order. */
export async function startBackground(options: BackgroundOptions): Promise<AsyncDisposable> {
  const { config, db, bus, broker, changes, lastValues, revocations, states, log } = options
  await using stack = new AsyncDisposableStack()
  const stopping = new AbortController()
  const signal = AbortSignal.any([options.signal, stopping.signal])
  const started = <T>(what: string, start: () => Promise<T>): Promise<T> => firstSuccess(start, { what, log, signal })

  const admin = {
    email: config.INITIAL_ADMIN_EMAIL,
    username: config.INITIAL_ADMIN_USERNAME,
    password: config.INITIAL_ADMIN_PASSWORD,
  }
  await started('the first user', () => seedFirstAdmin(db, admin, log))

  await noteStart(db, changes, log)

  stack.defer(() => revocations.stop())
  await started('revoked tokens', () => revocations.start(bus))

  const feed = new LastValuesFeed({ db, bus, values: lastValues, log })
  stack.defer(() => feed.stop())
  await started('the last values', () => feed.start())
  changes.onChange((change) => feed.noteChange(change))

  stack.defer(() => states.stopped())
  await started('the state of controllers', () => states.start(bus, signal))

  const history = new CommandHistory({ db, bus, states, log })
  stack.defer(() => history.stopped())
  history.start(signal)

  const { intake: telemetryIntake, telemetry } = options
  const source = await started('the number of this instance', telemetry.source)
  stack.use(startTelemetry({ ...telemetry, source, intake: telemetryIntake, db, bus, log }))

  const relay = new OutboxRelay({ db, bus, changes, log })
  stack.defer(() => relay.stopped())
  relay.start(signal)

  const cycle = { initialValve: config.WEBMACS_RULE_EVENT_ID, lastValues }
  const reconciler = new DesiredStateReconciler({ db, bus, cycle, log })
  stack.defer(() => reconciler.stopped())
  reconciler.start(signal)
  changes.onChange((change) => reconciler.noteChange(change))
  lastValues.onChange((event) => reconciler.noteValue(event))

  const cycleLog = new CycleLog({ changes, log })
  stack.defer(() => cycleLog.settled())
  states.onCycle((controller, state) => cycleLog.take(controller, state))

  const packages = packageReconciler({ db, bus, log })
  stack.defer(() => packages.stopped())
  packages.start(signal)
  changes.onChange((change) => packages.noteChange(change))

  const intake = new ControllerIntake({ db, changes, log, signal, seedsDemo: seedsDemo(config) })
  stack.defer(() => intake.settled())
  states.onInventory((inventory) => intake.take(inventory))

  const follower = new ChannelFollower({ db, broker, changes, log, signal })
  stack.defer(() => follower.settled())
  states.onInventory((inventory) => follower.takeInventory(inventory))
  states.onReport((controller, report) => follower.takeReport(controller, report))

  const verification = answerVerification(db, bus, log)
  stack.defer(() => verification.stop())
  const runningExperiment = answerRunningExperiment(db, bus)
  stack.defer(() => runningExperiment.stop())
  const time = answerTime(bus)
  stack.defer(() => time.stop())

  stack.defer(() => stopping.abort())
  return stack.move()
}
