import {
  AppError,
  type AvailablePlugin,
  DEFAULT_CONTROLLER,
  type PluginDescription,
  type PluginDetails,
} from '@webmacs/contracts'
import type { ControllerStates } from './controller-states.ts'

/** A driver, and a controller that can run it. */
export interface DriverOffer {
  readonly controller: string
  readonly plugin: PluginDescription
}

/**
 * Where several controllers have it: the preferred one, else the one that always was, else the first by name.
 * @returns undefined: no controller has it
 * @throws AppError `broker.unavailable` before anything was heard of controllers
 */
export function findDriver(
  states: ControllerStates,
  id: string,
  preferred: string = DEFAULT_CONTROLLER,
): DriverOffer | undefined {
  const offers = offersOf(states, id)
  const of = (wanted: string) => offers.find(({ controller }) => controller === wanted)
  return of(preferred) ?? of(DEFAULT_CONTROLLER) ?? offers[0]
}

/** What several controllers have is listed once. @throws AppError `broker.unavailable` before anything was heard of them */
export function listDrivers(states: ControllerStates): AvailablePlugin[] {
  if (!states.isKnown) throw new AppError('broker.unavailable')
  const byId = new Map(states.inventories.flatMap(({ plugins }) => plugins).map((plugin) => [plugin.id, brief(plugin)]))
  return [...byId.values()].sort((one, other) => one.id.localeCompare(other.id))
}

/** All that is needed to set up an instance. @throws AppError `plugin.unknown`, `broker.unavailable` */
export function readDriver(states: ControllerStates, id: string): PluginDetails {
  const found = findDriver(states, id)
  if (found === undefined) throw unknownDriver(id)
  const { plugin } = found
  return {
    ...brief(plugin),
    protocol: plugin.protocol,
    tags: plugin.tags,
    package_name: plugin.package.name,
    package_version: plugin.package.version,
    controllers: offersOf(states, id).map(({ controller }) => controller),
    config_schema: plugin.config_schema,
    channels: plugin.channels,
  }
}

export const unknownDriver = (id: string): AppError =>
  new AppError('plugin.unknown', { detail: `No controller has the plugin '${id}'.` })

/** By the names of the controllers. */
function offersOf(states: ControllerStates, id: string): DriverOffer[] {
  if (!states.isKnown) throw new AppError('broker.unavailable')
  return states.inventories
    .flatMap(({ controller, plugins }) => plugins.map((plugin) => ({ controller, plugin })))
    .filter(({ plugin }) => plugin.id === id)
    .toSorted((one, other) => one.controller.localeCompare(other.controller))
}

const brief = ({ id, name, version, vendor, description, url }: PluginDescription): AvailablePlugin => ({
  ...{ id, name, version, vendor, description, url },
})
