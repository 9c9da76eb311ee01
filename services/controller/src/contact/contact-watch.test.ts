import { newId, type OutputPolicy } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import type { CommandTarget } from '../commands/find-output.ts'
import type { ControllerMessage } from '../plugin-host/messages.ts'
import { FakeTime } from '../testing/fake-time.ts'
import { aDesired } from '../testing/site.ts'
import { ContactWatch } from './contact-watch.ts'

const OUTPUT = {
  name: 'Output',
  direction: 'output',
  unit: '%',
  min_value: 0,
  max_value: 100,
  data_type: 'float',
  safe_value: 0,
  readback: false,
} as const

/** One instance whose outputs have these policies, a watch over it, and time that passes when a test says so. */
function bench(policies: Readonly<Record<string, OutputPolicy>>) {
  const time = new FakeTime()
  const heard: ControllerMessage[] = []
  const events: unknown[] = []
  const note = (facts: object): void => void events.push('event' in facts ? facts.event : undefined)
  const dropped: string[] = []
  const instance: CommandTarget & { hasProcess: boolean } = {
    hasProcess: true,
    desired: aDesired({
      channels: Object.entries(policies).map(([channel, output]) => ({
        channel,
        event: newId('evt'),
        direction: 'output',
        settings: { output },
      })),
    }),
    channels: [...Object.keys(policies).map((id) => ({ ...OUTPUT, id })), { ...OUTPUT, id: 'in', direction: 'input' }],
    send: (message: ControllerMessage) => {
      if (instance.hasProcess) heard.push(message)
      return instance.hasProcess
    },
  }
  const watch = new ContactWatch({
    instances: () => new Map([['plg_1', instance]]),
    uptimeMs: () => time.now() / 1000,
    timers: time,
    log: { info: note, warn: note },
    makingSafe: (_, channels) => dropped.push(...channels),
  })
  const madeSafe = () => heard.flatMap((message) => (message.type === 'safe' ? [message.channels] : []))
  const contacts = () => heard.flatMap((message) => (message.type === 'contact' ? [message.hasContact] : []))
  return { time, watch, heard, instance, events, dropped, madeSafe, contacts }
}

test('changes nothing when contact is back within the grace time', async () => {
  const { time, watch, madeSafe, contacts, events } = bench({ heater: { grace_ms: 5000 } })
  watch.lost()
  await time.advance(4900)
  watch.back()
  await time.advance(60_000)
  expect(madeSafe()).toEqual([])
  expect(contacts()).toEqual([false, true])
  expect(events).toEqual(['contact.lost', 'contact.back'])
})

test('makes each output safe once, when its own grace time is over; 30 s unless said otherwise', async () => {
  const { time, watch, madeSafe, dropped, events } = bench({
    pump: { grace_ms: 0 },
    heater: { grace_ms: 5000 },
    fan: { on_contact_loss: 'hold', grace_ms: 0 },
    lamp: { safe_value: null, grace_ms: 0 },
    valve: {},
  })
  watch.lost()
  expect(madeSafe()).toEqual([['pump']])
  await time.advance(5000)
  expect(madeSafe()).toEqual([['pump'], ['heater']])
  await time.advance(24_800)
  expect(madeSafe()).toHaveLength(2)
  await time.advance(400)
  expect(madeSafe()).toEqual([['pump'], ['heater'], ['valve']])
  await time.advance(600_000)
  expect(madeSafe()).toHaveLength(3)
  expect(dropped).toEqual(['pump', 'heater', 'valve'])
  expect(events.filter((event) => event === 'contact.outputs-made-safe')).toHaveLength(3)
})

test('begins anew at the next loss', async () => {
  const { time, watch, madeSafe } = bench({ heater: { grace_ms: 1000 } })
  watch.lost()
  await time.advance(900)
  watch.back()
  watch.lost()
  await time.advance(900)
  expect(madeSafe()).toEqual([])
  await time.advance(300)
  expect(madeSafe()).toEqual([['heater']])
})

test('tells a process that is started meanwhile', async () => {
  const { time, watch, instance, madeSafe, contacts } = bench({ heater: { grace_ms: 1000 } })
  watch.lost()
  await time.advance(2000)
  expect([contacts(), madeSafe()]).toEqual([[false], [['heater']]])
  instance.hasProcess = false
  watch.silenced('plg_1')
  await time.advance(2000)
  instance.hasProcess = true
  await time.advance(200)
  expect([contacts(), madeSafe()]).toEqual([
    [false, false],
    [['heater'], ['heater']],
  ])
})

test('holds safe what was made safe until contact is back', async () => {
  const { time, watch } = bench({ heater: { grace_ms: 1000 }, fan: { on_contact_loss: 'hold' } })
  watch.lost()
  expect(watch.isHeldSafe('plg_1', 'heater')).toBe(false)
  await time.advance(1200)
  expect(watch.isHeldSafe('plg_1', 'heater')).toBe(true)
  expect(watch.isHeldSafe('plg_1', 'fan')).toBe(false)
  watch.back()
  expect(watch.isHeldSafe('plg_1', 'heater')).toBe(false)
})
