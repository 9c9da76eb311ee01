import { hasPluginErrorCode } from '@webmacs/plugin-sdk'
import { errorText } from '../error-text.ts'
import { asDeviceHasIt } from './channel-plans.ts'
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
 * that hangs does not keep the others from theirs. Commands that are being written, or wait to be, give way, and so do values that an
 * earlier call has not written yet: what is to be safe now must not get its setpoint of the start afterwards.
 */
export async function applyValues(
  context: OutputContext,
  wanted: readonly WantedValue[],
  { reason, budgetMs }: { readonly reason: string; readonly budgetMs: number },
): Promise<void> {
  const { now, timers, send } = context
  const startedMs = timers.uptimeMs()
  const applied: MadeSafeMessage['applied'] = []
  const failed: MadeSafeMessage['failed'] = []
  for (const { output } of wanted) output.giveWay()
  const turns = wanted.map(({ output, value }) => ({
    ...{ output, value: asDeviceHasIt(output.channel, value), turn: output.takeTurn(), safes: output.safes },
  }))
  for (const [index, one] of turns.entries()) {
    const { channel } = one.output
    const leftMs = budgetMs - (timers.uptimeMs() - startedMs)
    const shareMs = Math.max(MIN_SHARE_MS, leftMs / (turns.length - index))
    const outcome = await applyValue(context, one, shareMs)
    if (outcome === 'applied') applied.push({ channel: channel.id, value: one.value })
    else if (outcome !== 'gave way') failed.push({ channel: channel.id, message: outcome.problem })
  }
  send({ type: 'made-safe', reason, time: now(), applied, failed })
}

/** Another of these calls gave the output a value, or is about to. */
type Outcome = 'applied' | 'gave way' | { readonly problem: string }

async function applyValue(
  context: OutputContext,
  { output, value, turn, safes }: WantedValue & { readonly turn: Turn; readonly safes: number },
  withinMs: number,
): Promise<Outcome> {
  const { device, timers, hung, lost } = context
  const { id } = output.channel
  await Promise.race([turn.comes, wait(withinMs / 2, timers, NEVER)])
  if (output.safes !== safes) {
    void turn.comes.then(turn.end)
    return 'gave way'
  }
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
    // A setpoint that is given again at the start settles nothing.
    if (isSafeValue) output.owesSafe = false
    output.show(value, context)
    return 'applied'
  }
  output.owesSafe ||= isSafeValue
  if (hasPluginErrorCode(problem.err, 'connection')) lost(problem.err)
  void heedsItsSignal(call, { timers }).then((heeds) => heeds || hung())
  return { problem: errorText(problem.err) }
}
