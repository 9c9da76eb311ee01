import { signToken } from '@webmacs/auth'
import {
  DEFAULT_CONTROLLER,
  type Direction,
  FrameMessage,
  formatTime,
  nowMicros,
  type PageOf,
  type PluginInstance,
} from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { pluginPackage, until } from '@webmacs/testing'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, PASSWORD, startApiSite } from '../testing/api-site.ts'
import { aChannel, announceController, answerAsController } from '../testing/controllers.ts'
import { endJobs, startHistorian } from '../testing/historian.ts'
import { startController } from '../testing/outputs.ts'
import { anEvent, storeReadings } from '../testing/stored-readings.ts'
import { uploadPackage } from '../testing/uploads.ts'
import { brokenRules } from './answer-rules.ts'
import { type Attempt, anAttempt, namesIn } from './attempt.ts'
import { answersTo, BROKEN_HTTP } from './broken-http.ts'
import { type DescribedRoute, describedRoutes } from './described-routes.ts'
import { heldMemory, openConnections } from './held-resources.ts'
import { HOSTILE_HEADERS, HOSTILE_SEGMENTS, hostileQueries, OTHER_THING } from './hostile-addresses.ts'
import { HOSTILE_BODIES, jsonBody } from './hostile-bodies.ts'
import { type FieldPath, fieldsOf, HOSTILE_JSON, without, withRaw } from './hostile-json.ts'
import { brokenRows } from './row-rules.ts'
import { Things } from './things.ts'
import { shown, Wire, type WireRequest } from './wire.ts'

/** Of what is left to chance. Change it to see other requests; a failure names it. */
const SEED = 20261124
const RANDOM_REQUESTS_PER_ROUTE = 25
/** Of all that could be made of fields, forms and addresses, so many requests each, chosen by the seed; Infinity for all. */
const MOST_REQUESTS = 3_000
const AT_ONCE = 4
const MEMORY_TOLERANCE_MB = 10
/** Pools of the database, of the service and of the test, keep theirs for a while. */
const POOLED_CONNECTIONS = 20

let site: ApiSite
let wire: Wire
let routes: DescribedRoute[]
let things: Things
let since: string
let connectionsBefore: number

beforeAll(async () => {
  site = await startApiSite({ WEBMACS_AUTO_SEED: 'true' })
  connectionsBefore = openConnections()
  wire = new Wire(site.api.url)
  await announceController(site.bus)
  await answerAsController(site.bus, {
    describe: () => ({ channels: [aChannel()] }),
    test: () => ({ ok: true, message: null, channels: [aChannel()], values: [], duration_ms: 1 }),
    values: () => ({ values: [], overruns: 0 }),
  })
  await startController(site.bus, DEFAULT_CONTROLLER)
  await until('the first instances are made', async () => (await site.api.get('/api/v1/plugins')).body.total === 2)
  const event = await anEvent(site.db)
  const readings = Array.from({ length: 300 }, (_, turn) => ({ time: nowMicros() - turn * 1_000_000, value: turn }))
  await storeReadings(site.db, event, readings)
  startHistorian(site)
  endJobs(site)
  listenToReadings()
  since = formatTime(nowMicros())
  routes = describedRoutes((await site.api.get('/openapi.json', { as: 'nobody' })).body)
  things = new Things(routes, wire, site.users.admin.token)
  for (const event of [await aLinkedEvent('input'), await aLinkedEvent('output')]) things.prefer(event)
  for (const { path } of routes) await things.fill(path)
  await upload()
  await deleteRange()
})
afterAll(async () => {
  wire[Symbol.dispose]()
  await site[Symbol.asyncDispose]()
})

const validate = createValidator(FrameMessage, 'frame')
const badFrames: unknown[] = []
let goodFrames = 0

/** What is published of the datapoints that were taken, the historian has to be able to store. */
function listenToReadings(): void {
  const { nc, names } = site.bus.bus
  for (const subject of [names.subjects.readings('*'), names.subjects.backlog('*')]) {
    nc.subscribe(subject, {
      callback: (_err, message) => {
        const frame = validate(message.json())
        if (frame.ok) goodFrames++
        else badFrames.push(frame.errors)
      },
    })
  }
}

/** An event that takes datapoints (a channel of an enabled instance feeds it), or commands. */
async function aLinkedEvent(direction: Direction): Promise<string> {
  const { data }: PageOf<PluginInstance> = (await site.api.get('/api/v1/plugins')).body
  const mappings = data.flatMap(({ channel_mappings }) => channel_mappings)
  return mappings.find((mapping) => mapping.direction === direction)?.event_public_id ?? 'none'
}

const succeeded = new Set<string>()

/** A form with a file in it is not made by chance. */
async function upload(): Promise<void> {
  const { status, body } = await uploadPackage(site, await pluginPackage())
  if (status === 201) succeeded.add('POST /api/v1/plugins/packages/upload')
  things.note('POST', '/api/v1/plugins/packages', body)
}

/** The example names an experiment and a range: one of them is what a request may name. */
async function deleteRange(): Promise<void> {
  const path = '/api/v1/datapoints/deletions'
  const range = { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' }
  const { status, body } = await site.api.request('POST', path, { as: 'admin', body: range })
  if (status === 201) succeeded.add(`POST ${path}`)
  things.note('POST', path, body)
}

/** @returns what is wrong with the answer, as a report; undefined: nothing */
async function attempt({ route, body, segment, query, header }: Attempt, turn: number): Promise<string | undefined> {
  const inPlace = segment === OTHER_THING ? things.anyId(turn) : segment
  const path = inPlace === undefined ? await things.fill(route.path) : route.path.replaceAll(/\{\w+\}/g, inPlace)
  const request: WireRequest = {
    method: route.method,
    target: query === undefined ? path : `${path}?${query}`,
    headers: { authorization: `Bearer ${await tokenFor(route, turn)}`, ...(header && { [header[0]]: header[1] }) },
    ...(body !== undefined && { body: body(exampleOf(route)) }),
  }
  const report = (broken: string): string => `${broken}\n    ${shown(request)}`
  try {
    const answer = await wire.send(request)
    if (answer.status < 300) {
      succeeded.add(route.name)
      things.note(route.method, path, answer.text.startsWith('{') ? JSON.parse(answer.text) : undefined)
    } else if (answer.status === 404 && segment === undefined) things.forget(path)
    const broken = brokenRules(route, answer)
    return broken.length === 0 ? undefined : report(broken.join('; '))
  } catch (err) {
    return report(`no answer: ${err}`)
  }
}

/** Admin and operator in turn. A logout ends the token it is given, so that it gets one of its own. */
async function tokenFor({ path }: DescribedRoute, turn: number): Promise<string> {
  const user = turn % 4 === 0 ? site.users.operator : site.users.admin
  if (!path.endsWith('/logout')) return user.token
  return (await signToken(site.key, { user: user.id, role: 'viewer', version: 1, lifetimeMinutes: 5 })).token
}

function exampleOf({ path, example }: DescribedRoute): unknown {
  if (path.endsWith('/login')) return { email: site.users.viewer.email, password: PASSWORD }
  return things.freshBody(example)
}

/** Makes as many of the attempts as there is time for, a few at once, and shows what went wrong with the first ones. */
async function expectAllWell(all: readonly Attempt[]): Promise<void> {
  const attempts = chosen(all)
  const broken: string[] = []
  const waiting = attempts.entries()
  const work = async (): Promise<void> => {
    for (const [turn, each] of waiting) {
      const report = await attempt(each, turn)
      if (report !== undefined) broken.push(report)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  expect(broken.slice(0, 40).join('\n'), `${broken.length} of ${attempts.length}`).toBe('')
}

function chosen(all: readonly Attempt[]): readonly Attempt[] {
  if (all.length <= MOST_REQUESTS) return all
  const subset = fc.shuffledSubarray([...all], { minLength: MOST_REQUESTS, maxLength: MOST_REQUESTS })
  return fc.sample(subset, { seed: SEED, numRuns: 1 })[0] ?? []
}

const withBody = (): DescribedRoute[] => routes.filter(({ example }) => example !== undefined)

test('every route answers what it is meant to be asked', async () => {
  await expectAllWell(
    routes.map((route) => ({
      route,
      ...(route.example !== undefined && { body: (good) => jsonBody(JSON.stringify(good)) }),
    })),
  )
})

test('every field takes or refuses every value', async () => {
  const attempts = withBody().flatMap((route) =>
    [...fieldsOf(route.example), ['__proto__'], ['constructor'], ['unknown']].flatMap((path: FieldPath) => [
      { route, body: (good: unknown) => jsonBody(without(good, path)) },
      ...Object.values(HOSTILE_JSON).map((raw) => ({
        route,
        body: (good: unknown) => jsonBody(withRaw(good, path, raw)),
      })),
    ]),
  )
  await expectAllWell(attempts)
}, 60_000)

const inEveryForm = (): Attempt[] =>
  routes.flatMap((route) =>
    Object.values(HOSTILE_BODIES).map((form) => ({
      route,
      body: (good: unknown) => form(JSON.stringify(good ?? { name: 'x' })),
    })),
  )

test('every route takes or refuses a body in every form', () => expectAllWell(inEveryForm()), 60_000)

test('every path, query and header finds an answer', async () => {
  const attempts = routes.flatMap((route): Attempt[] => {
    const body = route.example === undefined ? {} : { body: (good: unknown) => jsonBody(JSON.stringify(good)) }
    return [
      ...(route.path.includes('{') ? HOSTILE_SEGMENTS.map((segment) => ({ route, segment, ...body })) : []),
      ...hostileQueries(namesIn(route, 'query')).map((query) => ({ route, query, ...body })),
      ...HOSTILE_HEADERS.map((header) => ({ route, header, ...body })),
    ]
  })
  await expectAllWell(attempts)
}, 60_000)

test(`requests made by chance are answered (seed ${SEED})`, async () => {
  for (const route of routes) {
    const property = fc.asyncProperty(anAttempt(route), fc.nat(), async (each, turn) => {
      const broken = await attempt(each, turn)
      if (broken !== undefined) throw new Error(broken)
    })
    await fc.assert(property, { seed: SEED, numRuns: RANDOM_REQUESTS_PER_ROUTE })
  }
}, 60_000)

test.each(Object.entries(BROKEN_HTTP))('%s is refused, or closed without a word', async (_what, bytes) => {
  const answers = await answersTo(site.api.url, bytes, `Authorization: Bearer ${site.users.admin.token}`)
  expect(answers.filter((status) => status >= 500)).toEqual([])
})

test('every route was seen to succeed, so that the other answers mean something', () => {
  expect(routes.map(({ name }) => name).filter((name) => !succeeded.has(name))).toEqual([])
})

test('lists can be read to their end', async () => {
  for (const route of routes.filter((each) => each.method === 'GET' && namesIn(each, 'query').includes('page_size'))) {
    const broken: string[] = []
    for (let page = 1, pages = 1; page <= pages; page++) {
      const path = `${await things.fill(route.path)}?page_size=100&page=${page}`
      const answer = await wire.send({
        method: 'GET',
        target: path,
        headers: { authorization: `Bearer ${site.users.admin.token}` },
      })
      broken.push(...brokenRules(route, answer))
      if (answer.status === 200) pages = Math.ceil(JSON.parse(answer.text).total / 100)
    }
    expect.soft(broken, route.name).toEqual([])
  }
})

test('no row is left inconsistent, and every change was told', async () => {
  await until(
    'the outbox is empty',
    async () => (await site.db.db.selectFrom('change_outbox').select('id').execute()).length === 0,
  )
  expect(await brokenRows(site.db.db, since)).toEqual([])
})

test('datapoints that were taken are published as frames that can be stored', () => {
  expect(badFrames).toEqual([])
  expect(goodFrames).toBeGreaterThan(10)
})

test('nothing was logged as our own fault', () => {
  expect(site.api.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
})

test('neither memory nor connections are held for what was refused', async () => {
  const held = (): number => {
    site.api.logged.length = 0
    return heldMemory()
  }
  const before = held()
  await expectAllWell(inEveryForm().slice(0, 500))
  expect((held() - before) / 1e6).toBeLessThan(MEMORY_TOLERANCE_MB)
  wire[Symbol.dispose]()
  await until('connections end', () => openConnections() <= connectionsBefore + POOLED_CONNECTIONS)
})

test('no connection is left waiting in a transaction', async () => {
  const open = sql<{ query: string }>`
    SELECT query FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND application_name = 'webmacs-api'`
  await until('all have ended', async () => (await open.execute(site.db.db)).rows.length === 0)
})
