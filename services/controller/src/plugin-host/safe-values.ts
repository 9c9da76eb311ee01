import { type Channel, hasPluginErrorCode } from '@webmacs/plugin-sdk'
import { errorText } from '../error-text.ts'
import { callDevice, heedsItsSignal } from './device-call.ts'
import type { MadeSafeMessage } from './messages.ts'
import type { Output, OutputContext, Turn } from './output.ts'
import { NEVER, wait } from './timers.ts'

/** What an output is to be set to without a command. */
export interface WantedValue {
  readonly output: Output
  readonly value: number
}

/** However many outputs there are. */
const MIN_SHARE_MS = 50

/**
 * Sets outputs to safe values (or to what they have at the start), one after another, each with its share of the time that there is: one
 * that hangs does not keep the others from theirs. Commands that are being written, or wait to be, give way.
 */
export async function applyValues(
  context: OutputContext,
  wanted: readonly WantedValue[],
  { reason, budgetMs }: { readonly reason: string; readonly budgetMs: number },
): Promise<void> {
  const { now, send } = context
  const startedAt = now()
  const applied: MadeSafeMessage['applied'] = []
  const failed: MadeSafeMessage['failed'] = []
  for (const { output } of wanted) output.giveWay()
  const turns = wanted.map(({ output, value }) => ({ output, value, turn: output.takeTurn() }))
  for (const [index, one] of turns.entries()) {
    const { channel } = one.output
    const value = asDeviceHasIt(channel, one.value)
    const leftMs = budgetMs - (now() - startedAt) / 1000
    const shareMs = Math.max(MIN_SHARE_MS, leftMs / (turns.length - index))
    const message = await applyValue(context, { ...one, value }, shareMs)
    if (message === undefined) applied.push({ channel: channel.id, value })
    else failed.push({ channel: channel.id, message })
  }
  send({ type: 'made-safe', reason, time: now(), applied, failed })
}

/** @returns why it failed; undefined when the device took the value */
async function applyValue(
  context: OutputContext,
  { output, value, turn }: WantedValue & { readonly turn: Turn },
  withinMs: number,
): Promise<string | undefined> {
  const { device, timers, hung, lost } = context
  const { id } = output.channel
  await Promise.race([turn.comes, wait(withinMs / 2, timers, NEVER)])
  const only = { values: new Map([[id, value]]), only: new Set([id]) }
  const call = callDevice((signal) => device.applySafeState(signal, only), {
    ...{ what: 'safe value', deadlineMs: withinMs, timers },
  })
  void call.settled.then(turn.end)
  const problem = await call.outcome.then(
    ({ failed: [failure] }) => failure,
    (err: unknown) => ({ err }),
  )
  const isSafeValue = value === output.plan.safeValue
  if (problem === undefined) {
    output.isSafe = isSafeValue
    output.owesSafe = false
    output.show(value, context)
    return undefined
  }
  output.owesSafe ||= isSafeValue
  if (hasPluginErrorCode(problem.err, 'connection')) lost(problem.err)
  void heedsItsSignal(call, { timers }).then((heeds) => heeds || hung())
  return errorText(problem.err)
}

/** Clamped and rounded as the SDK does it. */
function asDeviceHasIt({ minValue, maxValue, dataType }: Channel, value: number): number {
  const limited = Math.min(Math.max(value, minValue), maxValue)
  return dataType === 'float' ? limited : Math.round(limited)
}
