import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import {
  anId,
  aString,
  aTimestamp,
  expectCreated,
  expectInvalid,
  expectOneWinner,
  expectProblem,
  expectStatus,
  expectSuccess,
} from './expectations.ts'
import type { ContractSite } from './site.ts'
import { aChannel, allOf, newChannel, newEvent, newInstance, newLinkedEvent, sendValue, untilStored } from './things.ts'

interface Mapping {
  readonly public_id: string
  readonly channel_id: string
  readonly channel_name: string
  readonly direction: string
  readonly event_public_id: string | null
}

const EVENT_TYPES: Readonly<Record<string, string>> = { input: 'sensor', output: 'actuator', bidirectional: 'range' }

/** http.md §13 and plugins.md §2, but for packages. */
export function plugins(site: ContractSite): void {
  const channelsOf = async (instance: string): Promise<Mapping[]> =>
    expectStatus(await site.get(`/plugins/${instance}/channels`, { as: 'viewer' }), 200).json<Mapping[]>()

  describe('plugins', () => {
    test('that can be run are listed', async () => {
      const available = expectStatus(await site.get('/plugins/available', { as: 'viewer' }), 200).json<
        { id: string }[]
      >()
      expect(available.map(({ id }) => id)).toEqual(expect.arrayContaining(['simulated', 'system']))
      const fields = {
        id: aString,
        name: aString,
        version: aString,
        vendor: aString,
        description: aString,
        url: aString,
      }
      for (const plugin of available) expect(plugin).toMatchObject(fields)
    })
  })

  describe('plugin instances', () => {
    test('are made of any plugin, shown and listed with their channels', async () => {
      const instance_name = site.uniqueName('instance')
      const id = expectCreated(await site.post('/plugins', { plugin_id: 'not-installed', instance_name }), 'plg')
      const instance = expectStatus(await site.get(`/plugins/${id}`, { as: 'viewer' }), 200).json()
      expect(instance).toMatchObject({
        public_id: id,
        plugin_id: 'not-installed',
        instance_name,
        demo_mode: false,
        enabled: true,
        status: expect.stringMatching(/^(inactive|connected|error|demo)$/),
        config_json: null,
        created_on: aTimestamp,
        updated_on: aTimestamp,
        user_public_id: site.account('admin').id,
        channel_mappings: [],
      })
      expect(instance).toHaveProperty('error_message')
      expect((await allOf(site, '/plugins')).map(({ public_id }) => public_id)).toContain(id)
    })

    test('of a known plugin get their channels, and an event for each', async () => {
      const instance_name = site.uniqueName('Reactor')
      const body = { plugin_id: 'simulated', instance_name, demo_mode: true }
      const id = expectCreated(await site.post('/plugins', body), 'plg')
      const channels = await until('it has channels', async () => {
        const found = await channelsOf(id)
        return found.length > 0 ? found : undefined
      })
      expect(channels.map(({ channel_id }) => channel_id)).toEqual(
        expect.arrayContaining(['temp_reactor', 'heater_power']),
      )
      for (const { event_public_id, channel_name, direction } of channels) {
        const event = expectStatus(await site.get(`/events/${event_public_id}`), 200).json()
        expect(event.name).toBe(`${instance_name} – ${channel_name}`)
        expect(event.type).toBe(EVENT_TYPES[direction])
      }
      expectSuccess(await site.delete(`/plugins/${id}`), 200)
    })

    test('of a known plugin use the events again that have the names of their channels', async () => {
      const instance_name = site.uniqueName('Reactor')
      const own = await newEvent(site, { name: `${instance_name} – Temperature Reactor`, unit: 'K' })
      const body = { plugin_id: 'simulated', instance_name, demo_mode: true, enabled: false }
      const links = async () => {
        const id = expectCreated(await site.post('/plugins', body), 'plg')
        const channels = await until('it has channels', async () => {
          const found = await channelsOf(id)
          return found.length > 0 ? found : undefined
        })
        expectSuccess(await site.delete(`/plugins/${id}`), 200)
        return channels.map(({ channel_id, event_public_id }) => `${channel_id}: ${event_public_id}`)
      }
      const first = await links()
      expect(first).toContain(`temp_reactor: ${own}`)
      expect((await site.get(`/events/${own}`)).json()).toMatchObject({ unit: 'K' })
      expect(await links()).toEqual(first)
    })

    test('are refused or made, but never fail, with names and configurations at the edge', async () => {
      const long = site.uniqueName('x').padEnd(255, 'x')
      for (const odd of [
        { instance_name: long },
        { config_json: '{"host":' },
        { config_json: '[]' },
        { config_json: '' },
      ]) {
        const body = {
          plugin_id: 'simulated',
          instance_name: site.uniqueName('odd'),
          demo_mode: true,
          enabled: false,
          ...odd,
        }
        const answer = await site.post('/plugins', body)
        expect([201, 422], answer.text).toContain(answer.status)
      }
    })

    test('of a known plugin link nothing when asked not to', async () => {
      const instance_name = site.uniqueName('Reactor')
      const body = { plugin_id: 'simulated', instance_name, demo_mode: true, enabled: false, auto_create_events: false }
      const id = expectCreated(await site.post('/plugins', body), 'plg')
      const channels = await until('it has channels', async () => {
        const found = await channelsOf(id)
        return found.length > 0 ? found : undefined
      })
      for (const channel of channels) expect(channel.event_public_id).toBeNull()
      expectSuccess(await site.delete(`/plugins/${id}`), 200)
    })

    test.each([
      ['body.plugin_id', { plugin_id: undefined }],
      ['body.plugin_id', { plugin_id: '' }],
      ['body.plugin_id', { plugin_id: 'x'.repeat(101) }],
      ['body.instance_name', { instance_name: undefined }],
      ['body.instance_name', { instance_name: '' }],
      ['body.instance_name', { instance_name: 'x'.repeat(256) }],
      ['body.demo_mode', { demo_mode: null }],
      ['body.enabled', { enabled: null }],
      ['body.config_json', { config_json: { host: '192.168.1.20' } }],
    ])('are refused with %s wrong: %j', async (field, wrong) => {
      const body = { plugin_id: 'none', instance_name: site.uniqueName('instance'), ...wrong }
      expectInvalid(await site.post('/plugins', body), field)
    })

    test('share no name', async () => {
      const instance_name = site.uniqueName('instance')
      await newInstance(site, { instance_name })
      const body = { plugin_id: 'none', instance_name }
      expectProblem(await site.post('/plugins', body), 409, 'plugin.exists')
      const other = await newInstance(site)
      expectProblem(await site.put(`/plugins/${other}`, { instance_name }), 409, 'plugin.exists')
    })

    test('made five times at once are made once', async () => {
      const body = { plugin_id: 'none', instance_name: site.uniqueName('instance') }
      expectOneWinner(await Promise.all(Array.from({ length: 5 }, () => site.post('/plugins', body))), 'plugin.exists')
    })

    test('are changed field by field', async () => {
      const id = await newInstance(site)
      const before = (await site.get(`/plugins/${id}`)).json()
      const instance_name = site.uniqueName('renamed')
      const changed = { instance_name, demo_mode: true, enabled: false, config_json: '{"host":"192.168.1.20"}' }
      expectSuccess(await site.put(`/plugins/${id}`, changed), 200)
      const after = (await site.get(`/plugins/${id}`)).json()
      expect(after).toMatchObject({ ...changed, plugin_id: 'contract-suite' })
      expect(after.updated_on).not.toBe(before.updated_on)
      expectSuccess(await site.put(`/plugins/${id}`, { config_json: null }), 200)
      expect((await site.get(`/plugins/${id}`)).json()).toMatchObject({ ...changed, config_json: null })
    })

    test.each([
      ['instance_name', null],
      ['instance_name', ''],
      ['instance_name', 'x'.repeat(256)],
      ['demo_mode', null],
      ['enabled', null],
      ['config_json', { host: 'object' }],
    ])('are not changed to %s: %j', async (field, value) => {
      expectInvalid(await site.put(`/plugins/${await newInstance(site)}`, { [field]: value }), `body.${field}`)
    })

    test('leave their events and all that was measured when they are deleted', async () => {
      const { event, instance } = await newLinkedEvent(site)
      await sendValue(site, event, 1)
      await untilStored(site, event, 1)
      expectSuccess(await site.delete(`/plugins/${instance}`), 200)
      expectProblem(await site.get(`/plugins/${instance}`), 404, 'plugin.unknown')
      expectProblem(await site.get(`/plugins/${instance}/channels`), 404, 'plugin.unknown')
      expectProblem(await site.delete(`/plugins/${instance}`), 404, 'plugin.unknown')
      expectStatus(await site.get(`/events/${event}`), 200)
      await untilStored(site, event, 1)
      expectProblem(await site.post('/datapoints', { value: 2, event_public_id: event }), 409, 'event.not-linked')
      await newChannel(site, await newInstance(site), { event_public_id: event })
      await sendValue(site, event, 3)
    })

    test('tell who was slower', async () => {
      const id = await newInstance(site)
      const etag = String((await site.get(`/plugins/${id}`)).headers.get('etag'))
      expectSuccess(await site.put(`/plugins/${id}`, { enabled: false }), 200)
      const answer = await site.put(`/plugins/${id}`, { enabled: true }, { headers: { 'if-match': etag } })
      expectProblem(answer, 412, 'request.precondition')
    })
  })

  describe('channels', () => {
    test.each(['input', 'output', 'bidirectional'])(
      'for %s are made, listed as an array, and deleted',
      async (direction) => {
        const instance = await newInstance(site)
        const event = await newEvent(site)
        const body = aChannel(site, { direction, event_public_id: event })
        const id = expectCreated(await site.post(`/plugins/${instance}/channels`, body), 'map')
        const channels = await channelsOf(instance)
        expect(channels).toMatchObject([{ ...body, public_id: anId('map'), created_on: aTimestamp }])
        expect((await site.get(`/plugins/${instance}`)).json().channel_mappings).toEqual(channels)
        expectSuccess(await site.delete(`/plugins/${instance}/channels/${id}`), 200)
        expect(await channelsOf(instance)).toEqual([])
        expectProblem(await site.delete(`/plugins/${instance}/channels/${id}`), 404, 'channel.unknown')
      },
    )

    test.each([
      ['body.channel_id', { channel_id: undefined }],
      ['body.channel_id', { channel_id: '' }],
      ['body.channel_id', { channel_id: 'x'.repeat(101) }],
      ['body.channel_name', { channel_name: undefined }],
      ['body.channel_name', { channel_name: 'x'.repeat(256) }],
      ['body.direction', { direction: 'sideways' }],
      ['body.direction', { direction: undefined }],
      ['body.unit', { unit: '' }],
      ['body.unit', { unit: 'x'.repeat(51) }],
    ])('are refused with %s wrong: %j', async (field, wrong) => {
      expectInvalid(await site.post(`/plugins/${await newInstance(site)}/channels`, aChannel(site, wrong)), field)
    })

    test('share no id within their instance', async () => {
      const [instance, other] = [await newInstance(site), await newInstance(site)]
      const channel_id = 'temp'
      await newChannel(site, instance, { channel_id })
      expectProblem(
        await site.post(`/plugins/${instance}/channels`, aChannel(site, { channel_id })),
        409,
        'channel.exists',
      )
      await newChannel(site, other, { channel_id })
      const body = aChannel(site)
      const atOnce = Array.from({ length: 5 }, () => site.post(`/plugins/${instance}/channels`, body))
      expectOneWinner(await Promise.all(atOnce), 'channel.exists')
    })

    test('feed events that are there, each of them alone', async () => {
      const { event, instance } = await newLinkedEvent(site)
      const post = (event_public_id: string) =>
        site.post(`/plugins/${instance}/channels`, aChannel(site, { event_public_id }))
      expectProblem(await post('evt_000000000000'), 404, 'event.unknown')
      expectProblem(await post(''), 404, 'event.unknown')
      expectProblem(await post(event), 409, 'channel.event-taken')
      const free = await newChannel(site, instance)
      const link = (event_public_id: unknown) => site.put(`/plugins/${instance}/channels/${free}`, { event_public_id })
      expectProblem(await link('evt_000000000000'), 404, 'event.unknown')
      expectProblem(await link(''), 404, 'event.unknown')
      expectProblem(await link(event), 409, 'channel.event-taken')
      expectInvalid(await link(5), 'body.event_public_id')
    })

    test('may set an event by one output, beside the input that reads it back', async () => {
      const { event, instance } = await newLinkedEvent(site)
      await newChannel(site, instance, { direction: 'output', event_public_id: event })
      for (const direction of ['output', 'bidirectional']) {
        const body = aChannel(site, { direction, event_public_id: event })
        expectProblem(await site.post(`/plugins/${instance}/channels`, body), 409, 'channel.event-taken')
      }
    })

    test('are linked and unlinked, and that decides at once what is taken', async () => {
      const { event, instance, channel } = await newLinkedEvent(site)
      const path = `/plugins/${instance}/channels/${channel}`
      const send = () => site.post('/datapoints', { value: 1, event_public_id: event })
      expectSuccess(await site.put(path, {}), 200)
      expectSuccess(await send(), 201)
      expectSuccess(await site.put(path, { event_public_id: null }), 200)
      expectProblem(await send(), 409, 'event.not-linked')
      expectSuccess(await site.put(path, { event_public_id: event }), 200)
      expectSuccess(await send(), 201)
    })

    test('are found in their own instance only', async () => {
      const { event, instance, channel } = await newLinkedEvent(site)
      const other = await newInstance(site)
      for (const path of [`/plugins/${other}/channels/${channel}`, `/plugins/${instance}/channels/map_000000000000`]) {
        expectProblem(await site.put(path, { event_public_id: null }), 404, 'channel.unknown')
        expectProblem(await site.delete(path), 404, 'channel.unknown')
      }
      expect(await channelsOf(instance)).toMatchObject([{ public_id: channel, event_public_id: event }])
    })
  })
}
