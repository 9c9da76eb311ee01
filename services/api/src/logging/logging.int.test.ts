import type { Change, LogEntry } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const PATH = '/api/v1/logging'
const write = (body: unknown): Promise<Answer> => site.api.request('POST', PATH, { as: 'operator', body })
const written = async (content = 'Pump 2 was serviced.'): Promise<string> => (await write({ content })).body.public_id
const read = (id: string): Promise<Answer> => site.api.get(`${PATH}/${id}`, { as: 'viewer' })
const update = (id: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  site.api.request('PUT', `${PATH}/${id}`, { as: 'operator', body, headers })
const tagOf = ({ headers }: Answer): string => headers.get('etag') ?? 'none'
const auditOf = (id: string) =>
  site.db.db.selectFrom('audit_log').select(['action', 'before', 'after']).where('entity_id', '=', id).execute()

test('writes an entry and reads it back', async () => {
  const answer = await write({ content: 'Pump 2 läuft heiß.', logging_type: 'warning', status_type: 'read' })
  expect(answer.status).toBe(201)
  expect(answer.body).toEqual({
    status: 'success',
    message: 'LogEntry successfully created.',
    public_id: expect.stringMatching(/^log_[0-9a-z]{12}$/),
  })
  expect((await read(answer.body.public_id)).body).toEqual({
    public_id: answer.body.public_id,
    content: 'Pump 2 läuft heiß.',
    logging_type: 'warning',
    status_type: 'unread',
    created_on: expect.stringMatching(/Z$/),
    user_public_id: site.users.operator.id,
  })
  expect((await read(await written())).body.logging_type).toBe('info')
})

test.each([
  ['content', undefined],
  ['content', null],
  ['content', ' '],
  ['content', 'x'.repeat(501)],
  ['content', 5],
  ['logging_type', null],
  ['logging_type', 'fatal'],
])('refuses an entry whose %s is %j, and names it', async (field, value) => {
  const answer = await write({ content: 'x', [field]: value })
  expect(answer.status).toBe(422)
  expect(answer.body.errors).toMatchObject([{ field: `body.${field}` }])
})

test.each([
  ['content', null],
  ['content', ''],
  ['content', 'x'.repeat(501)],
  ['status_type', null],
  ['status_type', 'seen'],
])('refuses to change %s to %j, and names it', async (field, value) => {
  const answer = await update(await written(), { [field]: value })
  expect(answer.status).toBe(422)
  expect(answer.body.errors).toMatchObject([{ field: `body.${field}` }])
})

test('marks an entry as read without a note in the audit log', async () => {
  const id = await written()
  const before = (await read(id)).body
  expect((await update(id, { status_type: 'read', logging_type: 'error' })).body).toEqual({
    status: 'success',
    message: 'LogEntry successfully updated.',
    public_id: id,
  })
  expect((await read(id)).body).toEqual({ ...before, status_type: 'read' })
  expect((await update(id, {})).status).toBe(200)
  expect((await update(id, { status_type: 'unread' })).status).toBe(200)
  expect(await auditOf(id)).toEqual([])
})

test('keeps in the audit log what was rewritten', async () => {
  const id = await written('Pump 2 failed.')
  await update(id, { content: 'All is well.', status_type: 'read' })
  expect((await read(id)).body).toMatchObject({ content: 'All is well.', status_type: 'read' })
  expect(await auditOf(id)).toEqual([
    {
      action: 'updated',
      before: { content: 'Pump 2 failed.', status_type: 'unread' },
      after: { content: 'All is well.', status_type: 'read' },
    },
  ])
})

test('changes an entry only in the version that the editor has seen, where one is named', async () => {
  const id = await written()
  const seen = { 'if-match': tagOf(await read(id)) }
  const answers = await Promise.all([update(id, { content: 'a' }, seen), update(id, { content: 'b' }, seen)])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  expect((await update(id, { status_type: 'read' }, seen)).body).toEqual(
    aProblem('request.precondition', { status: 412 }),
  )
  const current = tagOf(await read(id))
  expect(answers.map(tagOf)).toContain(current)
  expect((await update(id, { status_type: 'read' }, { 'if-match': current })).status).toBe(200)
})

test.each(['log_000000000000', 'nonsense', `log_${'x'.repeat(60)}`])('answers 404 for the entry %s', async (id) => {
  for (const answer of [await read(id), await update(id, { status_type: 'read' })]) {
    expect(answer.body).toEqual(aProblem('log.unknown', { status: 404, detail: `LogEntry '${id}' not found.` }))
  }
})

test('lets nobody delete an entry', async () => {
  const id = await written()
  const { status, headers } = await site.api.request('DELETE', `${PATH}/${id}`)
  expect(status).toBe(405)
  expect(headers.get('allow')).toBe('GET, HEAD, PUT')
})

test('lists entries newest first, in one order also where they are of the same moment', async () => {
  await site.db.pool.query(`
    INSERT INTO log_entries (public_id, content, created_on)
    SELECT 'log_same_' || n, n, timestamptz '2100-01-01' FROM generate_series(1, 9) AS n`)
  const { total } = (await site.api.get(`${PATH}?page_size=1`, { as: 'viewer' })).body
  const entries: LogEntry[] = []
  for (let page = 1; entries.length < total; page++) {
    const answer = await site.api.get(`${PATH}/?page=${page}&page_size=4`, { as: 'viewer' })
    entries.push(...answer.body.data)
    // A change moves nothing.
    const first = answer.body.data[0].public_id
    if (page === 1) expect((await update(first, { status_type: 'read' })).status).toBe(200)
  }
  expect(entries.slice(0, 9).map(({ content }) => content)).toEqual(['9', '8', '7', '6', '5', '4', '3', '2', '1'])
  expect(entries.map(({ created_on }) => created_on)).toEqual(
    entries
      .map(({ created_on }) => created_on)
      .toSorted()
      .reverse(),
  )
  expect(new Set(entries.map(({ public_id }) => public_id)).size).toBe(total)
  expect(entries[0]?.user_public_id).toBeNull()
})

test('tells screens of entries that are new or changed', async () => {
  const heard: Change[] = []
  const { bus } = site.bus
  const subscription = bus.nc.subscribe(bus.names.subjects.allChanges, {
    callback: (_err, message) => void heard.push(message.json()),
  })
  await bus.nc.flush()
  const id = await written()
  await update(id, { status_type: 'read' })
  await update(id, { status_type: 'read' })
  await update(id, { content: 'other' })
  const ofIt = (): string[] => heard.filter((change) => change.id === id).map(({ entity, verb }) => `${entity}.${verb}`)
  await until('all are heard', () => ofIt().length === 3)
  expect(ofIt()).toEqual(['log_entry.created', 'log_entry.updated', 'log_entry.updated'])
  subscription.unsubscribe()
})
