import { randomUUID } from 'node:crypto'
import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import {
  aNumber,
  aString,
  aTimestamp,
  expectInvalid,
  expectProblem,
  expectStatus,
  expectSuccess,
  type Page,
} from './expectations.ts'
import type { ContractSite } from './site.ts'
import { type Datapoint, latestOf, newEvent, newLinkedEvent, sendValue, seriesOf, untilStored } from './things.ts'

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()

/** http.md §7. */
export function datapoints(site: ContractSite): void {
  const batch = (points: unknown[], headers?: Record<string, string>) =>
    site.post('/datapoints/batch', { datapoints: points }, { as: 'operator', ...(headers && { headers }) })
  const disabled = async (): Promise<string> => {
    const { event, instance } = await newLinkedEvent(site)
    expectSuccess(await site.put(`/plugins/${instance}`, { enabled: false }), 200)
    return event
  }

  describe('one datapoint', () => {
    test('is taken, counted, and the latest at once', async () => {
      const { event } = await newLinkedEvent(site)
      const answer = await site.post('/datapoints', { value: 23.5, event_public_id: event }, { as: 'operator' })
      const body = expectSuccess(answer, 201)
      expect(body).toMatchObject({ message: '1 datapoint successfully created.', accepted: 1, rejected: [] })
      expect(await latestOf(site, event)).toMatchObject({
        public_id: aString,
        value: 23.5,
        timestamp: aTimestamp,
        event_public_id: event,
        experiment_public_id: null,
      })
    })

    test.each([
      ['"2.5"', 2.5],
      ['true', 1],
      ['1e3', 1000],
      ['-0.1', -0.1],
    ])('has the value %s', async (json, value) => {
      const { event } = await newLinkedEvent(site)
      const raw = `{"value":${json},"event_public_id":"${event}"}`
      expectSuccess(await site.call('POST', '/datapoints', { raw }), 201)
      expect(await latestOf(site, event)).toMatchObject({ value })
    })

    test.each(['null', '"warm"', '"nan"', '1e400', '[]', '{}'])('has not the value %s', async (json) => {
      const raw = `{"value":${json},"event_public_id":"${await newEvent(site)}"}`
      expectInvalid(await site.call('POST', '/datapoints', { raw }), 'body.value')
    })

    test('names both its fields when both are missing', async () => {
      const answer = await site.post('/datapoints', {})
      expectInvalid(answer, 'body.value')
      expectInvalid(answer, 'body.event_public_id')
      expectInvalid(await site.post('/datapoints', { value: 1, event_public_id: null }), 'body.event_public_id')
    })

    test('is refused for an event that is not known, not linked, or whose instance is off', async () => {
      const send = (event: string) => site.post('/datapoints', { value: 1, event_public_id: event })
      expectProblem(await send('evt_000000000000'), 404, 'event.unknown')
      expectProblem(await send('0b5cfb0e-7dd1-4b8a-9d2c-1f30a1f0e7b1'), 404, 'event.unknown')
      expectProblem(await send(await newEvent(site)), 409, 'event.not-linked')
      expectProblem(await send(await disabled()), 409, 'event.not-linked')
    })

    test('may say when it was measured, to the microsecond', async () => {
      const { event } = await newLinkedEvent(site)
      const timestamp = minutesAgo(5).replace(/\.\d+Z$/, '.123456Z')
      expectSuccess(await site.post('/datapoints', { value: 1, event_public_id: event, timestamp }), 201)
      expect(await untilStored(site, event, 1)).toMatchObject([{ value: 1, timestamp }])
      const wrong = await site.post('/datapoints', { value: 1, event_public_id: event, timestamp: minutesAgo(-3000) })
      expectProblem(wrong, 422, 'datapoint.time')
      expectProblem(await site.post('/datapoints', { value: 1, event_public_id: event, timestamp: 'noon' }), 422)
    })

    test('sent again with its idempotency key is stored once', async () => {
      const { event } = await newLinkedEvent(site)
      const call = { headers: { 'idempotency-key': randomUUID() } }
      const post = () => site.post('/datapoints', { value: 1, event_public_id: event, timestamp: null }, call)
      const answers = await Promise.all([post(), post(), post()])
      for (const answer of answers) expect(expectSuccess(answer, 201)).toMatchObject({ accepted: 1 })
      await sendValue(site, event, 2)
      expect((await untilStored(site, event, 2)).map(({ value }) => value)).toEqual([1, 2])
    })

    test('belongs to no experiment that it names itself', async () => {
      const { event } = await newLinkedEvent(site)
      const body = { value: 1, event_public_id: event, experiment_public_id: 'exp_000000000000', public_id: 'dp_mine' }
      expectSuccess(await site.post('/datapoints', body), 201)
      expect(await latestOf(site, event)).toMatchObject({ experiment_public_id: null })
    })
  })

  describe('a batch', () => {
    test('tells how many were taken, and of the others which and why', async () => {
      const { event } = await newLinkedEvent(site)
      const [unlinked, off] = [await newEvent(site), await disabled()]
      const answer = await batch([
        { value: 1, event_public_id: 'evt_000000000000' },
        { value: 2, event_public_id: event },
        { value: 3, event_public_id: unlinked },
        { value: 4, event_public_id: off },
        { value: 5, event_public_id: event },
      ])
      const body = expectSuccess(answer, 201)
      expect(body.message).toMatch(/^2 /)
      expect(body).toMatchObject({
        accepted: 2,
        rejected: [
          { index: 0, event_public_id: 'evt_000000000000', code: 'unknown_event', reason: aString },
          { index: 2, event_public_id: unlinked, code: 'not_linked', reason: aString },
          { index: 3, event_public_id: off, code: 'not_linked', reason: aString },
        ],
      })
      expect(await latestOf(site, event)).toMatchObject({ value: 5 })
    })

    test.each([[[]], [[{ value: 1, event_public_id: 'evt_000000000000' }]]])(
      'may come to nothing: %j',
      async (points) => {
        const body = expectSuccess(await batch(points), 201)
        expect(body).toMatchObject({ message: '0 datapoints successfully created.', accepted: 0 })
      },
    )

    test('keeps several values of one event, in order', async () => {
      const { event } = await newLinkedEvent(site)
      const values = [3, 1, 2]
      expectSuccess(await batch(values.map((value) => ({ value, event_public_id: event }))), 201)
      expect(await latestOf(site, event)).toMatchObject({ value: 2 })
      expect((await untilStored(site, event, 3)).map(({ value }) => value)).toEqual(values)
    })

    test('takes 500 and refuses 501', async () => {
      const { event } = await newLinkedEvent(site)
      const points = (count: number) => Array.from({ length: count }, (_, value) => ({ value, event_public_id: event }))
      const body = expectSuccess(await batch(points(500)), 201)
      expect(Number.parseInt(body.message?.split(' ')[0] ?? '', 10)).toBe(500)
      expectInvalid(await batch(points(501)), 'body.datapoints')
      await untilStored(site, event, 500)
    })

    test.each([
      ['body.datapoints.1.value', { event_public_id: 'x' }],
      ['body.datapoints.1.value', { value: null, event_public_id: 'x' }],
      ['body.datapoints.1.value', { value: 'inf', event_public_id: 'x' }],
      ['body.datapoints.1.event_public_id', { value: 1 }],
      ['body.datapoints.1.event_public_id', { value: 1, event_public_id: 5 }],
      ['body.datapoints.1', 'x'],
      ['body.datapoints.1', null],
    ])('is refused whole when %s is wrong: %j', async (field, item) => {
      const { event } = await newLinkedEvent(site)
      expectInvalid(await batch([{ value: 1, event_public_id: event }, item]), field)
      expect(await latestOf(site, event)).toBeUndefined()
    })

    test.each([[{}], [{ datapoints: null }], [{ datapoints: 5 }], [{ datapoints: {} }]])('is not %j', async (body) => {
      expectInvalid(await site.post('/datapoints/batch', body), 'body.datapoints')
    })

    test('may say when each was measured, and hears of times that cannot be', async () => {
      const { event } = await newLinkedEvent(site)
      const body = expectSuccess(
        await batch([
          { value: 1, event_public_id: event, timestamp: minutesAgo(3) },
          { value: 2, event_public_id: event, timestamp: minutesAgo(2) },
          { value: 3, event_public_id: event, timestamp: minutesAgo(-3000) },
        ]),
        201,
      )
      expect(body).toMatchObject({ accepted: 2, rejected: [{ index: 2, code: 'bad_time', event_public_id: event }] })
      expect((await untilStored(site, event, 2)).map(({ value }) => value)).toEqual([1, 2])
    })

    test('sent again with its idempotency key is stored once', async () => {
      const { event } = await newLinkedEvent(site)
      const headers = { 'idempotency-key': randomUUID() }
      const points = [1, 2].map((value) => ({ value, event_public_id: event }))
      const first = await batch(points, headers)
      const again = await Promise.all([batch(points, headers), batch(points, headers)])
      for (const answer of again) expect(expectSuccess(answer, 201)).toEqual(expectSuccess(first, 201))
      await sendValue(site, event, 3)
      expect((await untilStored(site, event, 3)).map(({ value }) => value)).toEqual([1, 2, 3])
      expectProblem(await batch([{ value: 9, event_public_id: event }], headers), 422, 'request.key-reused')
    })
  })

  describe('latest', () => {
    test('has one datapoint an event, of those that have any, also of instances that are off', async () => {
      const { event, instance } = await newLinkedEvent(site)
      const silent = await newEvent(site)
      await sendValue(site, event, 1)
      await sendValue(site, event, 2)
      expectSuccess(await site.put(`/plugins/${instance}`, { enabled: false }), 200)
      const latest = expectStatus(await site.get('/datapoints/latest', { as: 'viewer' }), 200).json<Datapoint[]>()
      expect(latest.filter((point) => point.event_public_id === event)).toMatchObject([{ value: 2 }])
      expect(latest.some((point) => point.event_public_id === silent)).toBe(false)
      expect(new Set(latest.map((point) => point.event_public_id)).size).toBe(latest.length)
    })

    test('is not put back by a value measured earlier', async () => {
      const { event } = await newLinkedEvent(site)
      await sendValue(site, event, 1)
      const old = { value: 2, event_public_id: event, timestamp: minutesAgo(10) }
      expectSuccess(await site.post('/datapoints', old), 201)
      await untilStored(site, event, 2)
      expect(await latestOf(site, event)).toMatchObject({ value: 1 })
    })
  })

  describe('series', () => {
    const ask = (body: Record<string, unknown>) => site.post('/datapoints/series', body, { as: 'viewer' })

    test('has a key for each event that was asked for, in that order', async () => {
      const { event } = await newLinkedEvent(site)
      await sendValue(site, event, 7)
      await untilStored(site, event, 1)
      const ids = ['evt_000000000000', event, 'evt_000000000000']
      const series = expectStatus(await ask({ event_public_ids: ids }), 200).json<Record<string, Datapoint[]>>()
      expect(Object.keys(series)).toEqual(['evt_000000000000', event])
      expect(series).toMatchObject({
        evt_000000000000: [],
        [event]: [
          { public_id: aString, value: 7, timestamp: aTimestamp, event_public_id: event, experiment_public_id: null },
        ],
      })
    })

    test('is thinned out, with both its ends, its lowest and its highest', async () => {
      const { event } = await newLinkedEvent(site)
      const points = Array.from({ length: 100 }, (_, i) => ({
        value: i === 33 ? -500 : i === 66 ? 500 : i,
        event_public_id: event,
        timestamp: minutesAgo(50 - i * 0.4),
      }))
      expectSuccess(await batch(points), 201)
      expect((await untilStored(site, event, 100)).map(({ value }) => value)).toEqual(points.map(({ value }) => value))
      const thinned = (await ask({ event_public_ids: [event], max_points: 10 })).json<Record<string, Datapoint[]>>()[
        event
      ]
      const values = thinned?.map(({ value }) => value) ?? []
      expect(values.length).toBeGreaterThan(2)
      expect(values.length).toBeLessThanOrEqual(10)
      expect(values).toEqual(expect.arrayContaining([0, -500, 500, 99]))
      const times = thinned?.map(({ timestamp }) => timestamp) ?? []
      expect(times).toEqual([...times].sort())
    })

    test('reaches back as far as it was asked to', async () => {
      const { event } = await newLinkedEvent(site)
      const points = [90, 5].map((minutes) => ({
        value: minutes,
        event_public_id: event,
        timestamp: minutesAgo(minutes),
      }))
      expectSuccess(await batch(points), 201)
      const values = async (minutes: number) => {
        const series = (await ask({ event_public_ids: [event], minutes })).json<Record<string, Datapoint[]>>()[event]
        return series?.map(({ value }) => value)
      }
      await until('both are stored', async () => (await values(120))?.length === 2)
      expect(await values(120)).toEqual([90, 5])
      expect(await values(60)).toEqual([5])
    })

    test.each([
      ['body.event_public_ids', { event_public_ids: undefined }],
      ['body.event_public_ids', { event_public_ids: [] }],
      ['body.event_public_ids', { event_public_ids: Array.from({ length: 21 }, (_, i) => `e${i}`) }],
      ['body.event_public_ids.0', { event_public_ids: [5] }],
      ['body.minutes', { minutes: 0 }],
      ['body.minutes', { minutes: 14_401 }],
      ['body.minutes', { minutes: 1.5 }],
      ['body.max_points', { max_points: 9 }],
      ['body.max_points', { max_points: 2001 }],
    ])('is refused with %s wrong: %j', async (field, wrong) => {
      expectInvalid(await ask({ event_public_ids: ['evt_000000000000'], ...wrong }), field)
    })
  })

  describe('stored datapoints', () => {
    test('are listed newest first, shown and deleted', async () => {
      const { event } = await newLinkedEvent(site)
      for (const value of [1, 2]) await sendValue(site, event, value)
      const [older, newer] = await untilStored(site, event, 2)
      const page = (await site.get('/datapoints?page_size=100', { as: 'viewer' })).json<Page<Datapoint>>()
      const times = page.data.map(({ timestamp }) => timestamp.padEnd(27, '0'))
      expect(times).toEqual([...times].sort().reverse())
      expect(page.data[0]).toMatchObject({
        public_id: aString,
        value: aNumber,
        timestamp: aTimestamp,
        event_public_id: aString,
      })

      const path = `/datapoints/${newer?.public_id}`
      expect(expectStatus(await site.get(path, { as: 'viewer' }), 200).json()).toMatchObject({ ...newer })
      expectSuccess(await site.delete(path, { as: 'operator' }), 200)
      expectProblem(await site.get(path), 404, 'datapoint.unknown')
      expectProblem(await site.delete(path), 404, 'datapoint.unknown')
      expect((await seriesOf(site, event)).map(({ value }) => value)).toEqual([1])
      await until(
        'the older one is the latest',
        async () => (await latestOf(site, event))?.public_id === older?.public_id,
      )
    })
  })
}
