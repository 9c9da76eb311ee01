import { type Bus, openBucket } from '@webmacs/bus'
import {
  controllerKeys,
  DesiredValveCycle,
  type EventId,
  formatTime,
  newId,
  nowMicros,
  ReportedValveCycle,
} from '@webmacs/contracts'
import { aFrame, startTcpProxy, until, valuesOf } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { CONTROLLER, type Rig, startRig } from '../testing/rig.ts'
import { eventOf } from '../testing/site.ts'

const bucketOf = (bus: Bus) => bus.names.buckets.controllers

/** Wants a cycle on an output of the rig, as api does. */
async function wantCycle({ site, instance }: Rig, overrides: Partial<DesiredValveCycle> = {}, channel = 'valve') {
  const now = formatTime(nowMicros())
  const cycle: DesiredValveCycle = {
    ...{ button: newId('evt'), opened: newId('evt'), closed: newId('evt') },
    ...{ open_seconds: 0.3, open_seconds_time: now, close_seconds: 0.2, close_seconds_time: now },
    valve: { event: eventOf(instance, channel), instance: instance.instance, channel },
    ...overrides,
  }
  await (await openBucket(site.bus, bucketOf(site.bus), DesiredValveCycle)).put(controllerKeys.cycle(CONTROLLER), cycle)
  return cycle
}

const stateOf = async ({ site: { bus } }: Rig) =>
  (await openBucket(bus, bucketOf(bus), ReportedValveCycle)).get(controllerKeys.cycleState(CONTROLLER))
const untilPhase = (rig: Rig, phase: string) =>
  until(`the cycle is ${phase}`, async () => {
    const state = await stateOf(rig)
    return state?.phase === phase ? state : undefined
  })
/** How often the controller has set an event to 0. */
const resetsOf = ({ site }: Rig, event: EventId): number =>
  site.received.filter(({ frame }) => frame.source === CONTROLLER && frame.values[event] === 0).length
const say = ({ site: { bus } }: Rig, event: EventId | null, value: number): void => {
  if (event === null) return
  const frame = aFrame({ source: 'api-0', time: formatTime(nowMicros()), values: valuesOf([[event, value]]) })
  bus.nc.publish(bus.names.subjects.readings('api-0'), JSON.stringify(frame))
}
/** What the cycle has set, and what became of it. */
const doneBy = ({ told }: Rig) =>
  [...new Map(told.map((report) => [report.id, report])).values()]
    .filter(({ requested_by }) => requested_by.kind === 'valve_cycle')
    .map(({ channel, value, state }) => `${channel}=${value} ${state}`)

/** A rig whose controller has taken the cycle over. */
async function aRunningCycle(rig: Rig, overrides: Partial<DesiredValveCycle> = {}, channel = 'valve') {
  const cycle = await wantCycle(rig, overrides, channel)
  await rig.site.startController()
  await rig.untilConnected()
  await untilPhase(rig, 'idle')
  return cycle
}

test('opens and closes the valve by commands when the button is pressed, and sets the button back', async () => {
  await using rig = await startRig()
  const { button } = await aRunningCycle(rig)
  await until('the button is set back at the start', () => resetsOf(rig, button) === 1)
  say(rig, button, 1)
  await until('the button is set back at the end', () => resetsOf(rig, button) === 2)
  await until('both are told', () => doneBy(rig).length === 2)
  expect(doneBy(rig)).toEqual(['valve=1 confirmed', 'valve=0 confirmed'])
  expect((await rig.record()).filter((line) => /^valve=[01]$/.test(line))).toEqual(['valve=1', 'valve=0'])
  expect(await untilPhase(rig, 'idle')).toMatchObject({ error_message: null })
})

test('closes at once when the button is released, with the times that were said last', async () => {
  await using rig = await startRig()
  const { button, opened } = await aRunningCycle(rig)
  say(rig, opened, 600)
  say(rig, button, 1)
  await untilPhase(rig, 'open')
  await until('it is open', async () => (await rig.record()).includes('valve=1'))
  say(rig, button, 0)
  await untilPhase(rig, 'idle')
  expect((await rig.record()).at(-1)).toBe('valve=0')
})

test('ends with the reason when the valve does not open', async () => {
  await using rig = await startRig({ policies: { stuck: { tolerance: 0.1 } } })
  const { button } = await aRunningCycle(rig, { open_seconds: 600 }, 'stuck')
  say(rig, button, 1)
  const { error_message } = await until('it has ended', async () => {
    const state = await stateOf(rig)
    return state?.error_message ? state : undefined
  })
  expect(error_message).toBe('The valve could not be opened: The device was given 1 and has 0.')
  await until('both are told', () => doneBy(rig).length === 2)
  expect(doneBy(rig)).toEqual(['stuck=1 mismatch', 'stuck=0 confirmed'])
})

test('hears a button of its own device, and sets that back too', async () => {
  await using rig = await startRig({ slowMs: 20 })
  const button = eventOf(rig.instance, 'slow')
  await aRunningCycle(rig, { button })
  await until('it is known to be released', () => rig.site.valuesOf(rig.instance, 'slow').includes(0))
  await rig.set('slow', 1)
  await until('all is done', () => doneBy(rig).some((line) => line === 'valve=0 confirmed'))
  await until('the device shows it', () => rig.site.valuesOf(rig.instance, 'slow').at(-1) === 0)
  await untilPhase(rig, 'idle')
  expect(doneBy(rig).filter((line) => line.startsWith('valve'))).toEqual(['valve=1 confirmed', 'valve=0 confirmed'])
})

test('goes on without the broker, and ends in order', async () => {
  await using rig = await startRig()
  await using proxy = await startTcpProxy(rig.site.brokerUrl)
  const { button } = await wantCycle(rig, { open_seconds: 2 })
  await rig.site.startController({ NATS_URL: proxy.url })
  await rig.untilConnected()
  await untilPhase(rig, 'idle')
  say(rig, button, 1)
  await untilPhase(rig, 'open')
  const resets = resetsOf(rig, button)
  proxy.refuse()
  await until('it is closed', async () => (await rig.record()).includes('valve=0'))
  expect(await stateOf(rig)).toMatchObject({ phase: 'open' }) // nobody could be told
  proxy.resume()
  expect(await untilPhase(rig, 'idle')).toMatchObject({ error_message: null })
  await until('the button is set back', () => resetsOf(rig, button) > resets)
})

test('resumes nothing after a restart, says so, and sets the button back', async () => {
  await using rig = await startRig()
  const { button } = await wantCycle(rig)
  const states = await openBucket(rig.site.bus, bucketOf(rig.site.bus), ReportedValveCycle)
  const since = formatTime(nowMicros())
  await states.put(controllerKeys.cycleState(CONTROLLER), { phase: 'open', since, error_message: null })
  await rig.site.startController()
  await rig.untilConnected()
  expect(await untilPhase(rig, 'idle')).toMatchObject({ error_message: expect.stringContaining('Nothing was resumed') })
  await until('the button is set back', () => resetsOf(rig, button) === 1)
  expect((await rig.record()).filter((line) => line.startsWith('valve'))).toEqual(['valve=5']) // its safe value
  expect(doneBy(rig)).toEqual([])
})

test('ends closed when it is switched off, or the controller stops', async () => {
  await using rig = await startRig()
  const { button } = await wantCycle(rig, { open_seconds: 600 })
  const controller = await rig.site.startController()
  await rig.untilConnected()
  await untilPhase(rig, 'idle')
  const opened = async () => (await rig.record()).filter((line) => line === 'valve=1').length
  const closed = async () => (await rig.record()).filter((line) => line === 'valve=0').length
  say(rig, button, 1)
  await until('it is open', async () => (await opened()) === 1)
  const bucket = await openBucket(rig.site.bus, bucketOf(rig.site.bus), DesiredValveCycle)
  await bucket.delete(controllerKeys.cycle(CONTROLLER))
  await until('it is closed', async () => (await closed()) === 1)
  await until('there is no cycle any more', async () => (await stateOf(rig)) === undefined)

  await wantCycle(rig, { button, open_seconds: 600 })
  await untilPhase(rig, 'idle')
  say(rig, button, 1)
  await until('it is open again', async () => (await opened()) === 2)
  await controller.stop()
  expect(await closed()).toBe(2)
  expect(await stateOf(rig)).toMatchObject({ phase: 'idle', error_message: expect.stringContaining('stopped') })
})
