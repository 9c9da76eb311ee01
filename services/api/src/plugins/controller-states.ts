import { type Bucket, type Bus, openBucket } from '@webmacs/bus'
import {
  ControllerInventory,
  ControllerPulse,
  controllerKeys,
  type EventId,
  type InstanceId,
  type Micros,
  nowMicros,
  ReportedInstance,
  ReportedValveCycle,
} from '@webmacs/contracts'
import type { LastValues } from '../datapoints/last-values.ts'
import { PulseWatch } from './pulse-watch.ts'

type CycleListener = (controller: string, state: ReportedValveCycle) => void
type ReportListener = (controller: string, report: ReportedInstance) => void

/** Whoever sends no value for so long counts as gone. */
const SILENCE: Micros = 60_000_000

/**
 * What the controllers say of themselves in the bucket `controllers`: which drivers they have, and how their instances are. Those of others say
 * nothing: they live while values come.
 */
export class ControllerStates {
  readonly #inventories = new Map<string, ControllerInventory>()
  readonly #reports = new Map<string, ReportedInstance>()
  readonly #cycles = new Map<string, ReportedValveCycle>()
  readonly #pulses = new PulseWatch()
  readonly #listeners = new Set<(inventory: ControllerInventory) => void>()
  readonly #reportListeners = new Set<ReportListener>()
  readonly #cycleListeners = new Set<CycleListener>()
  readonly #lastValues: LastValues
  #isKnown = false
  #following: Promise<unknown> | undefined

  constructor(lastValues: LastValues) {
    this.#lastValues = lastValues
  }

  /** Resolves when all that is there has been read; follows it until the signal fires. */
  async start(bus: Bus, signal: AbortSignal): Promise<void> {
    const name = bus.names.buckets.controllers
    const inventories = await openBucket(bus, name, ControllerInventory)
    const reports = await openBucket(bus, name, ReportedInstance)
    const pulses = await openBucket(bus, name, ControllerPulse)
    const cycles = await openBucket(bus, name, ReportedValveCycle)
    const noteInventory = (key: string, inventory: ControllerInventory | undefined) =>
      this.#noteInventory(key, inventory)
    const noteReport = (key: string, report: ReportedInstance | undefined): void => this.#noteReport(key, report)
    this.#following ??= Promise.all([
      follow(inventories, controllerKeys.allInventories, signal, noteInventory),
      follow(pulses, controllerKeys.allAlive, signal, (key, pulse) => this.#pulses.note(key, pulse)),
      follow(reports, controllerKeys.allReported, signal, noteReport),
      follow(cycles, controllerKeys.allCycleStates, signal, (key, state) => this.#noteCycle(key, state)),
    ])
    for (const [key, report] of await reports.entries(controllerKeys.allReported)) noteReport(key, report)
    for (const [key, inventory] of await inventories.entries(controllerKeys.allInventories))
      noteInventory(key, inventory)
    this.#isKnown = true
  }

  /** Resolves after the signal given to `start` has fired and nothing is followed any more. */
  async stopped(): Promise<void> {
    await this.#following
  }

  /** Whether anything has been heard yet: before, an empty answer means nothing. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  get inventories(): ControllerInventory[] {
    return [...this.#inventories.values()]
  }

  report(controller: string, instance: InstanceId): ReportedInstance | undefined {
    return this.#reports.get(controllerKeys.reported(controller, instance))
  }

  /** What a controller says of the valve cycle; undefined: it runs none. */
  cycleState(controller: string): ReportedValveCycle | undefined {
    return this.#cycles.get(controllerKeys.cycleState(controller))
  }

  /** Whether the controller gave signs of life, and gives none any more: what it reported need not be true. */
  isSilent(controller: string): boolean {
    return this.#pulses.isSilent(controllerKeys.alive(controller))
  }

  /** Whether a value of the event has come lately, from anybody. */
  isFed(event: EventId): boolean {
    return (this.#lastValues.timeOf(event) ?? 0) > nowMicros() - SILENCE
  }

  /** Calls the listener with each inventory that is there or comes, perhaps more than once. */
  onInventory(listener: (inventory: ControllerInventory) => void): void {
    this.#listeners.add(listener)
    for (const inventory of this.#inventories.values()) listener(inventory)
  }

  /** Calls the listener with each report that is there or comes, perhaps more than once. */
  onReport(listener: ReportListener): void {
    this.#reportListeners.add(listener)
    for (const [key, report] of this.#reports) listener(controllerOf(key), report)
  }

  /** Calls the listener with each state of a valve cycle that is there or comes, perhaps more than once. */
  onCycle(listener: CycleListener): void {
    this.#cycleListeners.add(listener)
    for (const [key, state] of this.#cycles) listener(controllerOf(key), state)
  }

  #noteCycle(key: string, state: ReportedValveCycle | undefined): void {
    note(this.#cycles, key, state)
    if (state !== undefined) for (const listener of this.#cycleListeners) listener(controllerOf(key), state)
  }

  #noteReport(key: string, report: ReportedInstance | undefined): void {
    note(this.#reports, key, report)
    if (report !== undefined) for (const listener of this.#reportListeners) listener(controllerOf(key), report)
  }

  #noteInventory(key: string, inventory: ControllerInventory | undefined): void {
    note(this.#inventories, key, inventory)
    if (inventory !== undefined) for (const listener of this.#listeners) listener(inventory)
  }
}

/** Keys begin with the controller's name, which has no dot. */
const controllerOf = (key: string): string => key.slice(0, key.indexOf('.'))

async function follow<T>(
  bucket: Bucket<T>,
  filter: string,
  signal: AbortSignal,
  take: (key: string, value: T | undefined) => void,
): Promise<void> {
  for await (const { key, value } of bucket.watch(filter, { signal })) take(key, value)
}

function note<T>(known: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) known.delete(key)
  else known.set(key, value)
}
