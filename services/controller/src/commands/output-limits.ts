import type { ChannelDescription, OutputPolicy } from '@webmacs/contracts'

/** How an output may be driven: its policy, where it says nothing its driver, else the defaults that the policy's schema names. */
export interface OutputLimits {
  /** In the unit of the channel, like all values here. */
  readonly min: number
  readonly max: number
  readonly outOfRange: 'clamp' | 'refuse'
  /** Units a second. */
  readonly maxRate: number | undefined
  readonly minIntervalMs: number
  readonly tolerance: number
  readonly verifyWithinMs: number
  readonly onContactLoss: 'safe' | 'hold'
  readonly graceMs: number
  readonly unit: string
}

const DEFAULT_GRACE_MS = 30_000
const DEFAULT_TOLERANCE = 0.01
const VERIFY_SWITCH_MS = 3000
const VERIFY_FLOAT_MS = 10_000

/** A policy can narrow what the driver allows, never widen it. */
export function limitsOf(channel: ChannelDescription, policy: OutputPolicy = {}): OutputLimits {
  return {
    min: Math.max(channel.min_value, policy.min ?? channel.min_value),
    max: Math.min(channel.max_value, policy.max ?? channel.max_value),
    outOfRange: policy.out_of_range ?? 'clamp',
    maxRate: policy.max_rate,
    minIntervalMs: policy.min_interval_ms ?? 0,
    tolerance: policy.tolerance ?? DEFAULT_TOLERANCE * Math.abs(channel.max_value - channel.min_value),
    verifyWithinMs: policy.verify_within_ms ?? (channel.data_type === 'float' ? VERIFY_FLOAT_MS : VERIFY_SWITCH_MS),
    onContactLoss: policy.on_contact_loss ?? 'safe',
    graceMs: policy.grace_ms ?? DEFAULT_GRACE_MS,
    unit: channel.unit,
  }
}
