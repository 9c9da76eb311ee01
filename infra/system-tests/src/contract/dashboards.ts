import { describe, expect, test } from 'vitest'
import { anId, aTimestamp, expectInvalid, expectProblem, expectStatus, expectSuccess } from './expectations.ts'
import type { Caller, ContractSite } from './site.ts'
import { newEvent } from './things.ts'

/** http.md §12. */
export function dashboards(site: ContractSite): void {
  const make = async (as: Caller = 'admin', body: Record<string, unknown> = {}): Promise<string> => {
    const answer = expectStatus(await site.post('/dashboards', { name: 'board', ...body }, { as }), 201)
    return answer.json<{ public_id: string }>().public_id
  }
  const gauge = (overrides: Record<string, unknown> = {}) => ({
    widget_type: 'gauge',
    title: 'Temperature',
    ...overrides,
  })
  const addWidget = async (dashboard: string, overrides?: Record<string, unknown>): Promise<string> => {
    const answer = expectStatus(await site.post(`/dashboards/${dashboard}/widgets`, gauge(overrides)), 201)
    return answer.json<{ public_id: string }>().public_id
  }
  const listed = async (as: Caller): Promise<unknown[]> => {
    const { data } = (await site.get('/dashboards?page_size=100', { as })).json<{ data: { public_id: string }[] }>()
    return data.map(({ public_id }) => public_id)
  }

  describe('dashboards', () => {
    test('come back when they are made', async () => {
      const answer = await site.post('/dashboards', { name: 'Reactor' }, { as: 'operator' })
      expect(expectStatus(answer, 201).json()).toMatchObject({
        public_id: anId('dsh'),
        name: 'Reactor',
        is_global: false,
        created_on: aTimestamp,
        user_public_id: site.account('operator').id,
        widgets: [],
      })
    })

    test.each([
      ['body.name', {}],
      ['body.name', { name: '' }],
      ['body.name', { name: 'x'.repeat(256) }],
      ['body.name', { name: null }],
      ['body.is_global', { name: 'x', is_global: null }],
      ['body.is_global', { name: 'x', is_global: 'shared' }],
    ])('are refused with %s wrong: %j', async (field, body) => {
      expectInvalid(await site.post('/dashboards', body), field)
    })

    test('that are private belong to one, that are global are seen by all', async () => {
      const [mine, shared] = [await make('operator'), await make('operator', { is_global: true })]
      expect(await listed('operator')).toEqual(expect.arrayContaining([mine, shared]))
      expect(await listed('viewer')).toContain(shared)
      expect(await listed('viewer')).not.toContain(mine)
      expect(await listed('admin')).not.toContain(mine)
      expectStatus(await site.get(`/dashboards/${shared}`, { as: 'viewer' }), 200)
      expectProblem(await site.get(`/dashboards/${mine}`, { as: 'viewer' }), 404, 'dashboard.unknown')
      expectProblem(await site.get(`/dashboards/${mine}`), 403, 'auth.forbidden')
    })

    test('of others are changed by admins only', async () => {
      const [mine, shared] = [await make('operator'), await make('operator', { is_global: true })]
      const other = await site.newUser('operator')
      const widget = await addWidget(shared)
      const calls = (id: string, call: { as: Caller }) => [
        () => site.put(`/dashboards/${id}`, { name: 'mine now' }, call),
        () => site.post(`/dashboards/${id}/widgets`, gauge(), call),
        () => site.put(`/dashboards/${id}/widgets/${widget}`, { title: 'mine now' }, call),
        () => site.delete(`/dashboards/${id}/widgets/${widget}`, call),
        () => site.delete(`/dashboards/${id}`, call),
      ]
      for (const ask of calls(shared, { as: other })) expectProblem(await ask(), 403, 'auth.forbidden')
      for (const ask of calls(mine, { as: other })) expectProblem(await ask(), 404, 'dashboard.unknown')
      for (const ask of calls(shared, { as: 'admin' })) expect((await ask()).status).toBeLessThan(300)
      expectSuccess(await site.put(`/dashboards/${mine}`, { name: 'tidied' }), 200)
      expectSuccess(await site.delete(`/dashboards/${mine}`), 200)
    })

    test('are renamed, shared and deleted with their widgets', async () => {
      const id = await make('operator')
      expectSuccess(await site.put(`/dashboards/${id}`, { name: 'New', is_global: true }, { as: 'operator' }), 200)
      expect((await site.get(`/dashboards/${id}`)).json()).toMatchObject({ name: 'New', is_global: true })
      for (const [field, value] of [
        ['name', null],
        ['name', ''],
        ['name', 'x'.repeat(256)],
        ['is_global', null],
      ] as const) {
        expectInvalid(await site.put(`/dashboards/${id}`, { [field]: value }), `body.${field}`)
      }
      await addWidget(id)
      expectSuccess(await site.delete(`/dashboards/${id}`, { as: 'operator' }), 200)
      expectProblem(await site.get(`/dashboards/${id}`), 404, 'dashboard.unknown')
    })

    test('tell who was slower', async () => {
      const id = await make()
      const etag = String((await site.get(`/dashboards/${id}`)).headers.get('etag'))
      await addWidget(id)
      const answer = await site.put(`/dashboards/${id}`, { name: 'late' }, { headers: { 'if-match': etag } })
      expectProblem(answer, 412, 'request.precondition')
    })
  })

  describe('widgets', () => {
    test('come back when they are made, and stand in the order of their making', async () => {
      const dashboard = await make()
      const event = await newEvent(site)
      const first = expectStatus(await site.post(`/dashboards/${dashboard}/widgets`, gauge()), 201).json()
      const defaults = { event_public_id: null, x: 0, y: 0, w: 4, h: 3, config_json: null }
      expect(first).toMatchObject({ public_id: anId('wdg'), ...gauge(), ...defaults })
      const body = gauge({
        widget_type: 'line_chart',
        event_public_id: event,
        x: -3,
        y: 7,
        w: 12,
        h: 1,
        config_json: 'not read',
      })
      const second = expectStatus(await site.post(`/dashboards/${dashboard}/widgets`, body), 201).json()
      expect(second).toMatchObject(body)
      expectSuccess(await site.put(`/dashboards/${dashboard}/widgets/${first.public_id}`, { title: 'Changed' }), 200)
      const shown = (await site.get(`/dashboards/${dashboard}`)).json()
      expect(shown.widgets).toEqual([{ ...first, title: 'Changed' }, second])
    })

    test.each(['line_chart', 'gauge', 'stat_card', 'actuator_toggle'])('may be a %s', async (widget_type) => {
      await addWidget(await make(), { widget_type })
    })

    test.each([
      ['body.widget_type', { widget_type: 'pie' }],
      ['body.widget_type', { widget_type: undefined }],
      ['body.title', { title: undefined }],
      ['body.title', { title: '' }],
      ['body.title', { title: 'x'.repeat(256) }],
      ['body.w', { w: 0 }],
      ['body.w', { w: 13 }],
      ['body.h', { h: 0 }],
      ['body.h', { h: 13 }],
      ['body.x', { x: 1.5 }],
      ['body.y', { y: null }],
      ['body.config_json', { config_json: { showLegend: true } }],
    ])('are refused with %s wrong: %j', async (field, wrong) => {
      expectInvalid(await site.post(`/dashboards/${await make()}/widgets`, gauge(wrong)), field)
    })

    test('are changed field by field, unlinked by null', async () => {
      const dashboard = await make()
      const [event, other] = [await newEvent(site), await newEvent(site)]
      const id = await addWidget(dashboard, { event_public_id: event })
      const change = (body: unknown) => site.put(`/dashboards/${dashboard}/widgets/${id}`, body)
      const widget = async () => (await site.get(`/dashboards/${dashboard}`)).json<{ widgets: unknown[] }>().widgets[0]
      expectSuccess(
        await change({ title: 'New', x: 3, y: 4, w: 6, h: 2, config_json: '{}', widget_type: 'stat_card' }),
        200,
      )
      expect(await widget()).toMatchObject({
        title: 'New',
        x: 3,
        y: 4,
        w: 6,
        h: 2,
        config_json: '{}',
        widget_type: 'gauge',
        event_public_id: event,
      })
      expectSuccess(await change({ event_public_id: other }), 200)
      expect(await widget()).toMatchObject({ event_public_id: other })
      expectSuccess(await change({ event_public_id: null, config_json: null }), 200)
      expect(await widget()).toMatchObject({ event_public_id: null, config_json: null, title: 'New' })
      for (const field of ['title', 'x', 'y', 'w', 'h']) expectInvalid(await change({ [field]: null }), `body.${field}`)
    })

    test('show no event that is not there', async () => {
      const dashboard = await make()
      const id = await addWidget(dashboard)
      for (const event_public_id of ['evt_000000000000', '']) {
        const made = await site.post(`/dashboards/${dashboard}/widgets`, gauge({ event_public_id }))
        expectProblem(made, 404, 'event.unknown')
        const changed = await site.put(`/dashboards/${dashboard}/widgets/${id}`, { event_public_id })
        expectProblem(changed, 404, 'event.unknown')
      }
    })

    test('are found on their own dashboard only, and deleted once', async () => {
      const [dashboard, other] = [await make(), await make()]
      const id = await addWidget(dashboard)
      for (const path of [`/dashboards/${other}/widgets/${id}`, `/dashboards/${dashboard}/widgets/wdg_000000000000`]) {
        expectProblem(await site.put(path, { title: 'x' }), 404, 'widget.unknown')
        expectProblem(await site.delete(path), 404, 'widget.unknown')
      }
      expectSuccess(await site.delete(`/dashboards/${dashboard}/widgets/${id}`), 200)
      expectProblem(await site.delete(`/dashboards/${dashboard}/widgets/${id}`), 404, 'widget.unknown')
      expect((await site.get(`/dashboards/${dashboard}`)).json()).toMatchObject({ widgets: [] })
    })
  })
}
