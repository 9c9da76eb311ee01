import { type Client, createClient, passwordSession } from '@webmacs/client'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type System, startSystem } from './src/system.ts'

let system: System
let client: Client
beforeAll(async () => {
  system = await startSystem()
  client = createClient(passwordSession({ baseUrl: system.url, email: 'admin@webmacs.io', password: 'admin123' }))
})
afterAll(() => system[Symbol.asyncDispose]())

const PATIENCE = { timeoutMs: 60_000 }

/** The simulated reactor's valve, as the first start has made it. */
const findValve = () =>
  until(
    'the valve is there',
    async () => {
      const events = await client.events.all()
      return events.find(({ name }) => /valve/i.test(name))?.public_id
    },
    PATIENCE,
  )

const latestOf = async (event: string): Promise<number | undefined> =>
  (await client.datapoints.latest()).find(({ event_public_id }) => event_public_id === event)?.value

const anEvent = async (name: string, type: 'cmd_button' | 'cmd_opened' | 'cmd_closed'): Promise<string> =>
  (await client.events.create({ name, type, unit: 's', min_value: 0, max_value: 3600 })).public_id

test('runs the valve cycle: a value for the button opens and closes the valve, and the button is 0 again', async () => {
  const valve = await findValve()
  const button = await anEvent('Start', 'cmd_button')
  const opened = await anEvent('Open time', 'cmd_opened')
  const closed = await anEvent('Close time', 'cmd_closed')
  const named = { button_event: null, open_time_event: null, close_time_event: null }
  await client.valveCycle.set({ enabled: true, valve_event: valve, ...named })
  await until('it waits for the button', async () => (await client.valveCycle.get()).state === 'idle', PATIENCE)
  await client.datapoints.create({ event_public_id: opened, value: 0.5 })
  await client.datapoints.create({ event_public_id: closed, value: 0.2 })

  await client.datapoints.create({ event_public_id: button, value: 1 })
  const commands = await until(
    'both commands are in the history',
    async () => {
      const found = await client.commands.all({ event: valve })
      return found.filter(({ state }) => state === 'confirmed').length === 2 ? found.reverse() : undefined
    },
    PATIENCE,
  )
  expect(commands.map(({ value, requested_by }) => [value, requested_by.kind])).toEqual([
    [1, 'valve_cycle'],
    [0, 'valve_cycle'],
  ])
  await until('the button is 0', async () => (await latestOf(button)) === 0, PATIENCE)
  expect(await client.valveCycle.get()).toMatchObject({ state: 'idle', error_message: null })

  await client.datapoints.create({ event_public_id: opened, value: 600 })
  await client.datapoints.create({ event_public_id: button, value: 1 })
  await until('it is open', async () => (await client.valveCycle.get()).state === 'open', PATIENCE)
  await client.datapoints.create({ event_public_id: button, value: 0 })
  await until('it is closed', async () => (await client.valveCycle.get()).state === 'idle', PATIENCE)
  expect((await client.commands.all({ event: valve })).map(({ value }) => value)).toEqual([0, 1, 0, 1])
})
