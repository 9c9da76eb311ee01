import type { Calibration, OutputPolicy } from '@webmacs/contracts'
import type { Channel } from '@webmacs/plugin-sdk'
import type { ChannelPlan, InstancePlan } from './messages.ts'

const MIN_INTERVAL_MS = 10

/** What is done with one channel, with everything said: what people set goes before what the driver says. */
export interface PlannedChannel {
  readonly channel: Channel
  readonly isMapped: boolean
  readonly intervalMs: number
  /** People or the driver chose the interval: of a channel that is pushed it is what one may expect of it. */
  readonly hasOwnInterval: boolean
  /** undefined: every sample is recorded. */
  readonly deadband: number | undefined
  readonly maxSilenceMs: number
  /** Of inputs only: an output's value is what it was set to. */
  readonly calibration: Calibration | undefined
  /** undefined for inputs. */
  readonly output: PlannedOutput | undefined
}

/** How an output is driven. Values are in the engineering unit. */
export interface PlannedOutput {
  /** As the device will have it. undefined: it stays as it is. */
  readonly safeValue: number | undefined
  readonly onStart: 'safe' | 'hold' | 'last_confirmed'
  readonly min: number
  readonly max: number
  readonly tolerance: number
  readonly verifyWithinMs: number
  /** After so long without contact it has to be safe, milliseconds; undefined: it is held. */
  readonly graceMs: number | undefined
}

/** Plan of every channel of a device, by id. What is planned for channels that it does not have is left out. */
export function planChannels(
  channels: readonly Channel[],
  { intervalMs, channels: plans }: InstancePlan,
): ReadonlyMap<string, PlannedChannel> {
  const byId = new Map(plans.map((plan) => [plan.channel, plan]))
  return new Map(channels.map((channel) => [channel.id, planChannel(channel, byId.get(channel.id), intervalMs)]))
}

function planChannel(channel: Channel, plan: ChannelPlan | undefined, instanceIntervalMs: number): PlannedChannel {
  const ownIntervalMs = plan?.intervalMs ?? channel.samplingIntervalMs
  return {
    channel,
    isMapped: plan?.isMapped ?? false,
    intervalMs: Math.max(MIN_INTERVAL_MS, ownIntervalMs ?? instanceIntervalMs),
    hasOwnInterval: ownIntervalMs !== undefined,
    deadband: plan?.deadband ?? channel.deadband,
    maxSilenceMs: plan?.maxSilenceMs ?? channel.maxSilenceMs,
    calibration: channel.direction === 'input' ? plan?.calibration : undefined,
    output: channel.direction === 'input' ? undefined : planOutput(channel, plan?.output ?? {}),
  }
}

const DEFAULT_GRACE_MS = 30_000
const VERIFY_WITHIN_MS = { bool: 3000, int: 3000, float: 10_000 }
/** On is never near enough to off, whatever the range says. */
const MAX_BOOL_TOLERANCE = 0.49

function planOutput(channel: Channel, policy: OutputPolicy): PlannedOutput {
  const { min = channel.minValue, max = channel.maxValue, tolerance = channel.tolerance } = policy
  const safeValue = policy.safe_value === undefined ? channel.safeValue : (policy.safe_value ?? undefined)
  return {
    safeValue: safeValue === undefined ? undefined : asDeviceHasIt(channel, safeValue),
    onStart: policy.on_start ?? 'safe',
    min,
    max,
    tolerance: channel.dataType === 'bool' ? Math.min(tolerance, MAX_BOOL_TOLERANCE) : tolerance,
    verifyWithinMs: policy.verify_within_ms ?? VERIFY_WITHIN_MS[channel.dataType],
    graceMs: policy.on_contact_loss === 'hold' ? undefined : (policy.grace_ms ?? DEFAULT_GRACE_MS),
  }
}

/** Clamped and rounded as the SDK does it before it writes. */
export function asDeviceHasIt({ minValue, maxValue, dataType }: Channel, value: number): number {
  const limited = Math.min(Math.max(value, minValue), maxValue)
  return dataType === 'float' ? limited : Math.round(limited)
}

/** Whether the device says what the channel has: outputs of which it does not are as they were last set. */
export const saysItsValue = ({ direction, readback, pushed }: Channel): boolean =>
  direction !== 'output' || readback || pushed
