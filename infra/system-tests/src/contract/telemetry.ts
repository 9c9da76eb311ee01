import { randomUUID } from 'node:crypto'
import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import { aString, expectSuccess } from './expectations.ts'
import type { ContractSite } from './site.ts'
import { openSocket, type Socket } from './socket.ts'
import { latestOf, newEvent, newLinkedEvent, sendValue, untilStored } from './things.ts'

/** websocket.md §4, and what we added: `id` is answered by `ack`. */
export function telemetry(site: ContractSite): void {
  const open = (token = site.token('operator')): Promise<Socket> =>
    openSocket(`${site.socketUrl}/ws/controller/telemetry?token=${token}`)
  const untilLatest = (event: string, value: number) =>
    until(`${value} is the latest of ${event}`, async () => (await latestOf(site, event))?.value === value)

  describe('telemetry', () => {
    test('stores what it is sent, and says nothing', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open()
      socket.send({ datapoints: [{ value: 1.5, event_public_id: event, quality: 'x' }], source: 'old controller' })
      await untilLatest(event, 1.5)
      socket.send({ datapoints: [{ value: '2.5', event_public_id: event }] })
      await untilLatest(event, 2.5)
      socket.send({ datapoints: [{ value: true, event_public_id: event }] })
      await untilLatest(event, 1)
      expect(socket.messages).toEqual([])
    })

    test('is for operators: a viewer stores nothing', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open(site.token('viewer'))
      socket.send({ datapoints: [{ value: 1, event_public_id: event }] })
      expect(await socket.closed()).toMatchObject({ code: 1008 })
      expect(await latestOf(site, event)).toBeUndefined()
    })

    test('ends for who is an operator no more', async () => {
      const user = await site.newUser('operator')
      using socket = await open(user.token)
      socket.send({ type: 'ping' })
      await socket.next('a pong', ({ type }) => type === 'pong')
      expectSuccess(await site.put(`/users/${user.id}`, { role: 'viewer' }), 200)
      expect(await socket.closed(2000)).toMatchObject({ code: 1008 })
    })

    test('takes an API token', async () => {
      const { event } = await newLinkedEvent(site)
      const { token } = (await site.post('/tokens', { name: 'device' }, { as: 'operator' })).json<{ token: string }>()
      using socket = await open(token)
      socket.send({ datapoints: [{ value: 4, event_public_id: event }] })
      await untilLatest(event, 4)
    })

    test('passes over messages without datapoints', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open()
      for (const message of [{}, { datapoints: [] }, { datapoints: null }, { datapoints: 0 }, { type: 'hello' }]) {
        socket.send(message)
      }
      socket.send({ datapoints: [{ value: 1, event_public_id: event }] })
      await untilLatest(event, 1)
      expect(socket.messages).toEqual([])
    })

    test('refuses more than 500, and goes on', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open()
      socket.send({ datapoints: Array.from({ length: 501 }, () => ({ value: 9, event_public_id: event })) })
      const error = await socket.next('an error', ({ type }) => type === 'error')
      expect(error).toMatchObject({ type: 'error', message: 'Batch too large (501), max 500' })
      socket.send({ datapoints: [{ value: 1, event_public_id: event }] })
      await untilLatest(event, 1)
      expect(await untilStored(site, event, 1)).toHaveLength(1)
    })

    test('takes the valid ones of a batch', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open()
      const datapoints = [
        'x',
        null,
        5,
        {},
        { value: 1 },
        { event_public_id: event },
        { value: null, event_public_id: event },
        { value: 'warm', event_public_id: event },
        { value: 'nan', event_public_id: event },
        { value: 7, event_public_id: event },
        { value: 8, event_public_id: 'evt_000000000000' },
        { value: 8, event_public_id: await newEvent(site) },
      ]
      socket.send({ datapoints })
      await untilLatest(event, 7)
      expect(await untilStored(site, event, 1)).toHaveLength(1)
    })

    test.each([[['x', { value: 1 }]], [{ value: 1 }], ['many']])(
      'says when nothing is valid: %j',
      async (datapoints) => {
        using socket = await open()
        socket.send({ datapoints })
        const error = await socket.next('an error', ({ type }) => type === 'error')
        expect(error.message).toBe('No valid datapoints in batch')
        expect(socket.isOpen).toBe(true)
      },
    )

    test('answers a number in place of the list, or closes', async () => {
      using socket = await open()
      socket.send({ datapoints: 5 })
      await until('it is answered', () => socket.end ?? socket.messages.some(({ type }) => type === 'error'))
    })

    test('answers what became of a batch that has an id, and stores it once', async () => {
      const { event } = await newLinkedEvent(site)
      const unlinked = await newEvent(site)
      using socket = await open()
      const id = randomUUID()
      const datapoints = [
        { value: 1, event_public_id: event },
        { value: 2, event_public_id: unlinked },
        { value: 'warm', event_public_id: event },
      ]
      socket.send({ id, datapoints })
      const ack = await socket.next('an ack', (message) => message.type === 'ack' && message.id === id)
      expect(ack).toEqual({
        type: 'ack',
        id,
        accepted: 1,
        rejected: [
          { index: 1, event_public_id: unlinked, code: 'not_linked', reason: aString },
          { index: 2, event_public_id: event, code: 'invalid', reason: aString },
        ],
      })
      socket.send({ id, datapoints })
      await until('it is answered again', () => socket.messages.filter(({ type }) => type === 'ack').length === 2)
      expect(socket.messages[1]).toEqual(ack)
      await sendValue(site, event, 3)
      expect((await untilStored(site, event, 2)).map(({ value }) => value)).toEqual([1, 3])
    })

    test('keeps the time that a device measured', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open()
      const timestamp = new Date(Date.now() - 120_000).toISOString().replace('Z', '321Z')
      socket.send({ datapoints: [{ value: 1, event_public_id: event, timestamp }] })
      expect(await untilStored(site, event, 1)).toMatchObject([{ value: 1, timestamp }])
    })
  })
}
