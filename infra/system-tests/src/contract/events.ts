import { describe, expect, test } from 'vitest'
import {
  expectCreated,
  expectInvalid,
  expectOneWinner,
  expectProblem,
  expectStatus,
  expectSuccess,
} from './expectations.ts'
import type { ContractSite } from './site.ts'
import { allOf, anEvent, latestOf, newEvent, newLinkedEvent, sendValue, untilStored } from './things.ts'

const TYPES = ['sensor', 'actuator', 'range', 'cmd_button', 'cmd_opened', 'cmd_closed']

/** http.md §5. */
export function events(site: ContractSite): void {
  describe('events', () => {
    test.each(TYPES)('of type %s are made, shown and listed', async (type) => {
      const body = anEvent(site, { type, min_value: -1.5 })
      const id = expectCreated(await site.post('/events', body, { as: 'operator' }), 'evt')
      const event = expectStatus(await site.get(`/events/${id}`, { as: 'viewer' }), 200).json()
      expect(event).toMatchObject({ ...body, public_id: id, user_public_id: site.account('operator').id })
      expect(await allOf(site, '/events')).toContainEqual(event)
    })

    test.each([
      ['body.name', { name: undefined }],
      ['body.name', { name: '' }],
      ['body.name', { name: 'x'.repeat(256) }],
      ['body.min_value', { min_value: undefined }],
      ['body.max_value', { max_value: undefined }],
      ['body.unit', { unit: undefined }],
      ['body.unit', { unit: '' }],
      ['body.unit', { unit: 'x'.repeat(256) }],
      ['body.type', { type: undefined }],
      ['body.type', { type: 'thermometer' }],
    ])('are refused with %s wrong: %j', async (field, wrong) => {
      expectInvalid(await site.post('/events', anEvent(site, wrong)), field)
    })

    test('take a name of 255 characters', async () => {
      const name = site.uniqueName('long').padEnd(255, '.')
      expect((await site.get(`/events/${await newEvent(site, { name })}`)).json()).toMatchObject({ name })
    })

    test('have no empty range', async () => {
      expectProblem(await site.post('/events', anEvent(site, { min_value: 10, max_value: 5 })), 422)
      const id = await newEvent(site)
      expectProblem(await site.put(`/events/${id}`, { min_value: 101 }), 422)
      expectProblem(await site.put(`/events/${id}`, { min_value: 2, max_value: 1 }), 422)
      expect((await site.get(`/events/${id}`)).json()).toMatchObject({ min_value: 0, max_value: 100 })
      expectSuccess(await site.put(`/events/${id}`, { min_value: 200, max_value: 300 }), 200)
    })

    test('share no name', async () => {
      const body = anEvent(site)
      expectCreated(await site.post('/events', body), 'evt')
      const problem = expectProblem(await site.post('/events', body), 409, 'event.exists')
      expect(problem.detail).toContain(body.name)
      const other = await newEvent(site)
      expectProblem(await site.put(`/events/${other}`, { name: body.name }), 409, 'event.exists')
      expectSuccess(await site.put(`/events/${other}`, { name: site.uniqueName('own') }), 200)
    })

    test('made five times at once are made once', async () => {
      const body = anEvent(site)
      expectOneWinner(await Promise.all(Array.from({ length: 5 }, () => site.post('/events', body))), 'event.exists')
    })

    test('are changed field by field', async () => {
      const id = await newEvent(site)
      const before = (await site.get(`/events/${id}`)).json()
      const name = site.uniqueName('renamed')
      expectSuccess(await site.put(`/events/${id}`, { name }, { as: 'operator' }), 200)
      expectSuccess(await site.put(`/events/${id}`, { unit: 'bar', type: 'range', max_value: '7.5' }), 200)
      expectSuccess(await site.put(`/events/${id}`, {}), 200)
      const after = { ...before, name, unit: 'bar', type: 'range', max_value: 7.5 }
      expect((await site.get(`/events/${id}`)).json()).toEqual(after)
    })

    test.each([
      ['name', null],
      ['name', ''],
      ['name', 'x'.repeat(256)],
      ['min_value', null],
      ['max_value', null],
      ['unit', null],
      ['unit', ''],
      ['unit', 'x'.repeat(256)],
      ['type', null],
      ['type', 'thermometer'],
    ])('are not changed to %s: %j', async (field, value) => {
      const id = await newEvent(site)
      expectInvalid(await site.put(`/events/${id}`, { [field]: value }), `body.${field}`)
    })

    test('keep their datapoints when they are deleted, and let go of channels and widgets', async () => {
      const { event, instance, channel } = await newLinkedEvent(site)
      const dashboard = (await site.post('/dashboards', { name: 'board' })).json()
      const widget = { widget_type: 'gauge', title: 'T', event_public_id: event }
      expectStatus(await site.post(`/dashboards/${dashboard.public_id}/widgets`, widget), 201)
      await sendValue(site, event, 42)
      await untilStored(site, event, 1)
      const point = await latestOf(site, event)
      const { name } = (await site.get(`/events/${event}`)).json()

      expectSuccess(await site.delete(`/events/${event}`, { as: 'operator' }), 200)
      expectProblem(await site.get(`/events/${event}`), 404, 'event.unknown')
      expectProblem(await site.delete(`/events/${event}`), 404, 'event.unknown')
      expectStatus(await site.get(`/datapoints/${point?.public_id}`), 200)
      expect((await site.get(`/plugins/${instance}/channels`)).json()).toMatchObject([
        { public_id: channel, event_public_id: null },
      ])
      expect((await site.get(`/dashboards/${dashboard.public_id}`)).json()).toMatchObject({
        widgets: [{ event_public_id: null }],
      })
      expectCreated(await site.post('/events', anEvent(site, { name })), 'evt')
    })

    test('are not overwritten by who has seen an older version', async () => {
      const id = await newEvent(site)
      const etag = String((await site.get(`/events/${id}`)).headers.get('etag'))
      expect(etag).toMatch(/^(W\/)?".+"$/)
      const change = (unit: string, match: string) =>
        site.put(`/events/${id}`, { unit }, { headers: { 'if-match': match } })
      expectSuccess(await change('K', etag), 200)
      expectProblem(await change('bar', etag), 412, 'request.precondition')
      expectProblem(await site.delete(`/events/${id}`, { headers: { 'if-match': etag } }), 412, 'request.precondition')
      expect((await site.get(`/events/${id}`)).json()).toMatchObject({ unit: 'K' })
      expectSuccess(await change('bar', '*'), 200)
      expectSuccess(await site.put(`/events/${id}`, { unit: '%' }), 200)
    })
  })
}
