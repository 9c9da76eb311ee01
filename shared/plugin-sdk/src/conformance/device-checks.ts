import { setTimeout as delay } from 'node:timers/promises'
import type { Channel } from '../channel.ts'
import { clamp } from '../conversion.ts'
import type { DevicePlugin } from '../device-plugin.ts'
import type { Reading } from '../reading.ts'
import { type ConformanceCheck, codeOfFailure, connectedCheck, deviceCheck, expect, expectState } from './check.ts'

const SETTLE_MS = 5000

/** What an instance does, in demo mode and with its device alike. */
export const deviceChecks: readonly ConformanceCheck[] = [
  deviceCheck('connects and disconnects', async (device, signal) => {
    expectState(device, 'configured')
    await device.connect(signal)
    expectState(device, 'connected')
    await device.disconnect(signal)
    expectState(device, 'disconnected')
  }),
  connectedCheck('can be disconnected twice', async (device, signal) => {
    await device.disconnect(signal)
    await device.disconnect(signal)
    expectState(device, 'disconnected')
  }),
  connectedCheck('connects again after it was disconnected', async (device, signal) => {
    await device.disconnect(signal)
    await device.connect(signal)
    expectState(device, 'connected')
    await device.read(idsOf(askedInputs(device)), signal)
  }),
  deviceCheck('connects after a connect that was given up', async (device, signal) => {
    await settles(device.connect(AbortSignal.abort()), 'the connect')
    if (device.state === 'connected') return // nothing to wait for, so nothing to give up
    await device.connect(signal)
    expectState(device, 'connected')
  }),
  connectedCheck('reads every input', async (device, signal, { optionalInputs = [] }) => {
    const inputs = askedInputs(device)
    const readings = new Map((await device.read(idsOf(inputs), signal)).map((reading) => [reading.channel, reading]))
    for (const { id } of inputs) {
      if (optionalInputs.includes(id)) continue
      const reading = readings.get(id)
      expect(reading !== undefined, `channel "${id}" has no reading`)
      expect(Number.isFinite(reading?.value), `channel "${id}" has no value: ${words(reading)}`)
    }
  }),
  connectedCheck('sets every output, near 0', async (device, signal) => {
    for (const channel of outputsOf(device)) {
      const wanted = clamp(0, channel.minValue, channel.maxValue)
      const { written, readback } = await device.write(channel.id, wanted, signal)
      const off = Math.abs((readback ?? written) - wanted)
      expect(off <= channel.tolerance + 0.5, `channel "${channel.id}" was set to ${wanted} and has ${readback}`)
    }
  }),
  connectedCheck('reads back what it set, where it says so', async (device, signal) => {
    const outputs = outputsOf(device).filter(({ readback }) => readback)
    for (const { id, minValue, maxValue } of outputs) await device.write(id, clamp(0, minValue, maxValue), signal)
    if (outputs.length === 0) return
    const silent = await outputsThatStaySilent(device, idsOf(outputs), signal)
    expect(silent.length === 0, `cannot be read: ${silent.join(', ')}`)
  }),
  connectedCheck('refuses to set inputs', async (device, signal) => {
    for (const { id } of device.channels.filter(({ direction }) => direction === 'input'))
      expect((await codeOfFailure(device.write(id, 0, signal))) === 'not_writable', `it set the input "${id}"`)
  }),
  connectedCheck('refuses values that are no numbers', async (device, signal) => {
    for (const { id } of outputsOf(device))
      expect((await codeOfFailure(device.write(id, Number.NaN, signal))) === 'invalid_value', `it set "${id}" to NaN`)
  }),
  connectedCheck('refuses channels that it does not have', async (device, signal) => {
    const ghost = 'there-is-no-such-channel'
    expect((await codeOfFailure(device.read([ghost], signal))) === 'unknown_channel', 'it read one')
    expect((await codeOfFailure(device.write(ghost, 0, signal))) === 'unknown_channel', 'it set one')
  }),
  deviceCheck('does nothing before it is connected', async (device, signal) => {
    const all = idsOf(device.channels)
    expect((await codeOfFailure(device.read(all, signal))) === 'wrong_state', 'it was read')
  }),
  connectedCheck('sets its outputs to their safe values', async (device, signal) => {
    const { failed } = await device.applySafeState(signal)
    expect(failed.length === 0, failed.map(({ channel, err }) => `channel "${channel}": ${String(err)}`).join('; '))
  }),
  connectedCheck('ends a read that is given up', async (device, signal) => {
    await settles(device.read(idsOf(device.channels), AbortSignal.abort()), 'the read')
    if (device.state === 'error') await device.connect(signal)
    await device.read(idsOf(askedInputs(device)), signal)
  }),
  connectedCheck('is healthy while connected', async (device) => {
    const { healthy, lastError } = device.health
    expect(healthy, `it is not: ${lastError ?? 'no reason given'}`)
  }),
]

const outputsOf = ({ channels }: DevicePlugin<unknown>) => channels.filter(({ direction }) => direction !== 'input')
/** What is pushed comes when it comes. */
const askedInputs = ({ channels, demoMode }: DevicePlugin<unknown>) =>
  channels.filter(({ direction, pushed }) => direction !== 'output' && (demoMode || !pushed))
const idsOf = (channels: readonly Channel[]) => channels.map(({ id }) => id)
const words = (reading: Reading | undefined): string => reading?.quality.join(' ') ?? ''

const READBACK_MS = 3000
const LOOK_AGAIN_MS = 50

/** A device may take a moment until it says what it has. */
async function outputsThatStaySilent(
  device: DevicePlugin<unknown>,
  outputs: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const deadline = performance.now() + READBACK_MS
  for (;;) {
    const readings = new Map((await device.read(outputs, signal)).map(({ channel, value }) => [channel, value]))
    const silent = outputs.filter((id) => !Number.isFinite(readings.get(id)))
    if (silent.length === 0 || performance.now() > deadline) return silent
    await delay(LOOK_AGAIN_MS, undefined, { signal })
  }
}

/** Whether it succeeds or fails is up to the driver; it must not go on for ever. */
async function settles(work: Promise<unknown>, what: string): Promise<void> {
  const timeout = new AbortController()
  const late = delay(SETTLE_MS, 'late' as const, { signal: timeout.signal }).catch(() => undefined)
  const outcome = await Promise.race([work.catch(() => undefined), late])
  timeout.abort()
  expect(outcome !== 'late', `${what} did not end within ${SETTLE_MS} ms after its signal`)
}
