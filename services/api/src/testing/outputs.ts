import { type Responder, respond } from '@webmacs/bus'
import {
  type CommandReport,
  CommandRequest,
  type CommandState,
  type Direction,
  type DrivenBy,
  formatTime,
  type InstanceId,
  newId,
  nowMicros,
} from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { TestBus } from '@webmacs/testing'
import { anEvent, type TestEvent } from './stored-readings.ts'

export interface TestOutput {
  /** A controller of its own, so that nobody else's commands come to it. */
  readonly controller: string
  readonly instance: InstanceId
  readonly channel: string
  readonly event: TestEvent
}

/** An event that is mapped to the channel `heater` of an instance. */
export async function anOutput(
  database: Database,
  overrides: { direction?: Direction; enabled?: boolean; drivenBy?: DrivenBy } = {},
): Promise<TestOutput> {
  const { direction = 'output', enabled = true, drivenBy = 'controller' } = overrides
  const { db } = database
  const event = await anEvent(database)
  const instance = newId('plg')
  const name = `lab-${instance}`
  const controller = await db.insertInto('controllers').values({ name }).returning('id').executeTakeFirstOrThrow()
  const row = await db
    .insertInto('plugin_instances')
    .values({
      ...{ public_id: instance, instance_name: `Reactor ${instance}`, controller_id: controller.id },
      ...{ plugin_id: 'simulated', demo_mode: false, enabled, driven_by: drivenBy, config: '{}' },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('channel_mappings')
    .values({
      ...{ public_id: newId('map'), instance_id: row.id, event_id: event.key },
      ...{ channel_id: 'heater', channel_name: 'Heater Power', direction, unit: '%' },
    })
    .execute()
  return { controller: name, instance, channel: 'heater', event }
}

/** The way that leads to a state. */
const WAYS: Partial<Record<CommandState, readonly CommandState[]>> = {
  written: ['accepted', 'written'],
  confirmed: ['accepted', 'written', 'confirmed'],
  unverified: ['accepted', 'written', 'unverified'],
  mismatch: ['accepted', 'written', 'mismatch'],
  accepted: ['accepted'],
}

/** What a controller says of a request: by default that all went well. */
export function aReport(
  controller: string,
  request: CommandRequest,
  overrides: Partial<CommandReport> = {},
): CommandReport {
  const state = overrides.state ?? 'confirmed'
  const way = WAYS[state] ?? ['accepted', state]
  const isWritten = way.includes('written')
  const time = formatTime(nowMicros())
  return {
    ...request,
    controller,
    state,
    code: null,
    detail: null,
    previous: 0,
    written: isWritten ? request.value : null,
    clamped: false,
    readback: state === 'confirmed' ? request.value : null,
    transitions: way.map((one) => ({ state: one, time })),
    ...overrides,
  }
}

export interface TestController extends Responder {
  /** What it has done, in order: the same id is done once. */
  readonly done: CommandRequest[]
}

type Deed = Partial<CommandReport> | Promise<Partial<CommandReport>>

/** A controller on the bus. @param act what becomes of a request that it has not seen before */
export async function startController(
  { bus }: TestBus,
  controller: string,
  act: (request: CommandRequest) => Deed = () => ({}),
): Promise<TestController> {
  const known = new Map<string, Promise<CommandReport>>()
  const done: CommandRequest[] = []
  const carryOut = async (request: CommandRequest): Promise<CommandReport> => {
    done.push(request)
    return aReport(controller, request, await act(request))
  }
  const responder = respond(bus, bus.names.subjects.commands(controller), CommandRequest, (request) => {
    const result = known.get(request.id) ?? carryOut(request)
    known.set(request.id, result)
    return result
  })
  await bus.nc.flush() // the broker has the subscription
  return { done, stop: () => responder.stop() }
}

/** Says in the stream what became of a command. */
export async function publishReport({ bus }: TestBus, report: CommandReport): Promise<void> {
  await bus.js.publish(bus.names.subjects.commandReports(report.controller), JSON.stringify(report))
}
