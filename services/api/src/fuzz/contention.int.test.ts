import { formatTime, nowMicros } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, startApiSite } from '../testing/api-site.ts'
import { announceController } from '../testing/controllers.ts'
import { brokenRules } from './answer-rules.ts'
import { KINDS, type Kind, Ledger } from './contended-things.ts'
import { type DescribedRoute, describedRoutes } from './described-routes.ts'
import { jsonBody } from './hostile-bodies.ts'
import { brokenRows } from './row-rules.ts'
import { shown, Wire, type WireAnswer } from './wire.ts'

const SEED = 20261124
const ACTS = 1_200
const CLIENTS = 8
/** Of each kind, so that clients meet. */
const THINGS = 3

let site: ApiSite
let wires: Wire[]
let routes: Map<string, DescribedRoute>
let kinds: Kind[]
let since: string

beforeAll(async () => {
  site = await startApiSite({ WEBMACS_AUTO_SEED: 'true' })
  const other = await site.startApi()
  wires = [new Wire(site.api.url), new Wire(other.url)]
  await announceController(site.bus)
  await until('the first instances are made', async () => (await site.api.get('/api/v1/plugins')).body.total === 2)
  since = formatTime(nowMicros())
  const described = describedRoutes((await site.api.get('/openapi.json', { as: 'nobody' })).body)
  routes = new Map(described.map((route) => [route.name, route]))
  kinds = KINDS.filter(({ path }) => routes.has(`POST ${path}`))
})
afterAll(async () => {
  for (const wire of wires) wire[Symbol.dispose]()
  await site[Symbol.asyncDispose]()
})

const VERBS = ['update', 'update', 'update', 'read', 'make', 'remove', 'stop', 'link', 'link', 'place'] as const

interface Act {
  readonly verb: (typeof VERBS)[number]
  readonly kind: number
  readonly thing: number
  readonly other: number
  readonly ifMatch: 'none' | 'seen' | 'stale' | 'any'
}

const anAct: fc.Arbitrary<Act> = fc.record({
  verb: fc.constantFrom(...VERBS),
  kind: fc.nat(1_000),
  thing: fc.nat(THINGS - 1),
  other: fc.nat(THINGS - 1),
  ifMatch: fc.constantFrom('none', 'seen', 'stale', 'any'),
})

const broken: string[] = []
const ledger = new Ledger()
/** Version of each thing as the clients saw it last. */
const seen = new Map<string, string>()
const things = new Map<string, string[]>()
let marks = 0
let answered = 0

test(`several clients change the same things, and all are answered (seed ${SEED})`, async () => {
  for (const kind of kinds) for (let made = 0; made < THINGS; made++) await make(kind)
  const acts = fc.sample(anAct, { seed: SEED, numRuns: ACTS }).values()
  const work = async (): Promise<void> => {
    for (const act of acts) await perform(act)
  }
  await Promise.all(Array.from({ length: CLIENTS }, work))
  expect(broken.slice(0, 20).join('\n')).toBe('')
  expect(answered).toBeGreaterThan(ACTS / 2)
}, 60_000)

test('the newest accepted update is what there is', async () => {
  expect(ledger.paths.length).toBeGreaterThan(THINGS)
  for (const path of ledger.paths) {
    const { status, body } = await site.api.get(path)
    const { marked = '' } = kinds.find((kind) => path.startsWith(kind.path)) ?? {}
    expect.soft(ledger.contradictions(path, status === 200 ? body[marked] : undefined)).toEqual([])
  }
})

test('no row contradicts another, every change was told, and nothing failed', async () => {
  const waiting = async (): Promise<number> =>
    (await site.db.db.selectFrom('change_outbox').select('id').execute()).length
  await until('the outbox is empty', async () => (await waiting()) === 0)
  expect(await brokenRows(site.db.db, since)).toEqual([])
  expect(site.api.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
})

async function perform({ verb, kind: chosen, thing, other, ifMatch }: Act): Promise<void> {
  const kind = kinds[chosen % kinds.length]
  const path = kind && pathOf(kind.path, thing)
  if (kind === undefined || path === undefined) return
  if (verb === 'make') return make(kind)
  if (verb === 'read') return void (await send('GET', path, { template: `${kind.path}/{id}` }))
  if (verb === 'update') return update(kind, path, ifMatch)
  if (verb === 'remove') return remove(kind, path, ifMatch)
  if (verb === 'stop') return stop(thing)
  return verb === 'link' ? link(thing, other) : place(thing, other)
}

async function make({ path, make: bodyOf }: Kind): Promise<void> {
  const answer = await send('POST', path, { template: path, body: bodyOf(`made ${++marks}`) })
  const id: unknown = answer?.status === 201 ? JSON.parse(answer.text).public_id : undefined
  if (typeof id === 'string') things.set(path, [...(things.get(path) ?? []), id].slice(-THINGS))
}

async function update({ path: collection, marked }: Kind, path: string, ifMatch: Act['ifMatch']): Promise<void> {
  const mark = `mark ${++marks}`
  const expected = { none: undefined, seen: seen.get(path), stale: '"0"', any: '*' }[ifMatch]
  const answer = await send('PUT', path, {
    template: `${collection}/{id}`,
    body: { [marked]: mark },
    ...(expected !== undefined && { expected }),
  })
  const tag = answer?.headers.etag
  if (answer?.status !== 200 || tag === undefined) return
  ledger.updated(path, { mark, tag, expected: ifMatch === 'seen' ? expected : undefined })
  if (ifMatch === 'stale') broken.push(`an update of a stale version was accepted: ${path}`)
}

async function remove(kind: Kind, path: string, ifMatch: Act['ifMatch']): Promise<void> {
  const { path: collection } = kind
  const expected = ifMatch === 'seen' ? seen.get(path) : undefined
  const answer = await send('DELETE', path, {
    template: `${collection}/{id}`,
    ...(expected !== undefined && { expected }),
  })
  if (answer?.status !== 200) return
  ledger.removed(path)
  const left = things.get(collection)?.filter((id) => !path.endsWith(id))
  things.set(collection, left ?? [])
  if (left?.length === 0) await make(kind)
}

async function stop(thing: number): Promise<void> {
  const path = pathOf('/api/v1/experiments', thing)
  if (path !== undefined) await send('PUT', `${path}/stop`, { template: '/api/v1/experiments/{id}/stop' })
}

/** Links a channel of an instance to an event, or unlinks it. */
async function link(thing: number, other: number): Promise<void> {
  const path = pathOf('/api/v1/plugins', thing)
  const event = things.get('/api/v1/events')?.at(other) ?? null
  if (path === undefined) return
  const channels = await send('GET', `${path}/channels`, { template: '/api/v1/plugins/{id}/channels' })
  const found: unknown[] = channels?.status === 200 ? JSON.parse(channels.text) : []
  const mapping: unknown = Object(found[other % Math.max(1, found.length)]).public_id
  if (typeof mapping !== 'string') return
  const template = '/api/v1/plugins/{id}/channels/{mapping}'
  await send('PUT', `${path}/channels/${mapping}`, { template, body: { event_public_id: other === 0 ? null : event } })
}

/** Puts a widget that shows an event on a dashboard. */
async function place(thing: number, other: number): Promise<void> {
  const path = pathOf('/api/v1/dashboards', thing)
  const event = things.get('/api/v1/events')?.at(other) ?? null
  if (path === undefined) return
  const body = { widget_type: 'gauge', title: `widget ${++marks}`, event_public_id: event }
  await send('POST', `${path}/widgets`, { template: '/api/v1/dashboards/{id}/widgets', body })
}

const pathOf = (collection: string, thing: number): string | undefined => {
  const ids = things.get(collection) ?? []
  const id = ids[thing % ids.length]
  return id === undefined ? undefined : `${collection}/${id}`
}

interface Sent {
  readonly template: string
  readonly body?: object
  readonly expected?: string
}

/** @returns the answer; undefined when the server has no such route, or broke a rule, which is noted */
async function send(
  method: string,
  target: string,
  { template, body, expected }: Sent,
): Promise<WireAnswer | undefined> {
  const route = routes.get(`${method} ${template}`)
  const wire = wires[answered % wires.length]
  if (route === undefined || wire === undefined) return undefined
  const request = {
    ...{ method, target },
    headers: {
      authorization: `Bearer ${site.users.admin.token}`,
      ...(expected !== undefined && { 'if-match': expected }),
    },
    ...(body !== undefined && { body: jsonBody(JSON.stringify(body)) }),
  }
  try {
    const answer = await wire.send(request)
    answered++
    if (answer.headers.etag !== undefined) seen.set(target, answer.headers.etag)
    for (const rule of brokenRules(route, answer)) broken.push(`${rule}\n    ${shown(request)}`)
    return answer
  } catch (err) {
    broken.push(`no answer: ${err}\n    ${shown(request)}`)
    return undefined
  }
}
