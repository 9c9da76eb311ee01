import { isDeepStrictEqual } from 'node:util'
import type { DesiredInstance, EventId } from '@webmacs/contracts'
import { judgeConfig, type PluginCatalogue } from '../inventory/plugin-catalogue.ts'
import type { DeviceDeadlines, InstancePlan, StartRequest } from '../plugin-host/messages.ts'

export type StartPlan =
  | { readonly ok: true; readonly start: StartRequest }
  | { readonly ok: false; readonly problem: string }

/** How to start what is wanted, or why it cannot be. */
export function planStart(desired: DesiredInstance, catalogue: PluginCatalogue, deadlines: DeviceDeadlines): StartPlan {
  const plugin = catalogue.get(desired.plugin)
  if (plugin === undefined) return { ok: false, problem: `This controller has no plugin "${desired.plugin}"` }
  const parsed = judgeConfig(plugin, desired.config, desired.demo_mode)
  if (!parsed.ok) return { ok: false, problem: `The configuration is not usable: ${parsed.problems.join('; ')}` }
  return {
    ok: true,
    start: {
      type: 'start',
      plugin: desired.plugin,
      module: plugin.module,
      instanceName: desired.name,
      demoMode: desired.demo_mode,
      config: parsed.config,
      plan: planOf(desired),
      deadlines,
      setpoints: {},
    },
  }
}

/** Whether the change reaches the driver itself; mappings and the interval do not. */
export function needsNewProcess(before: DesiredInstance, after: DesiredInstance): boolean {
  const { channels: _1, interval_ms: _2, ...driverBefore } = before
  const { channels: _3, interval_ms: _4, ...driverAfter } = after
  return !isDeepStrictEqual(driverBefore, driverAfter)
}

/** What its process does with the channels. */
export const planOf = ({ interval_ms, channels }: DesiredInstance): InstancePlan => ({
  intervalMs: interval_ms,
  channels: channels.map(({ channel, event, settings }) => ({
    channel,
    isMapped: event !== null,
    intervalMs: settings.interval_ms,
    deadband: settings.deadband,
    maxSilenceMs: settings.max_silence_ms,
    calibration: settings.calibration,
    output: settings.output,
  })),
})

export const eventsOf = ({ channels }: Pick<DesiredInstance, 'channels'>): ReadonlyMap<string, EventId> =>
  new Map(channels.flatMap(({ channel, event }) => (event === null ? [] : [[channel, event] as const])))

/** Of what is read from the device; an output stays as it was set. */
export const readEventsOf = ({ channels }: DesiredInstance): ReadonlyMap<string, EventId> =>
  eventsOf({ channels: channels.filter(({ direction }) => direction !== 'output') })
