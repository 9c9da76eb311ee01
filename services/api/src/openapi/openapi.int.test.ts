import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, startApiSite } from '../testing/api-site.ts'
import { exampleOf, type SchemaNode, undescribedFields } from './example-of.ts'

interface Content {
  schema: SchemaNode
  example?: unknown
}

interface Operation {
  requestBody?: { content: Record<string, Content> }
  parameters?: {
    name: string
    in: string
    description?: string
    required: boolean
    schema: SchemaNode
    example?: unknown
  }[]
  summary?: string
  tags?: string[]
  security?: object[]
  description?: string
  responses: Record<string, { description: string; content?: Record<string, Content> }>
}

let site: ApiSite
let paths: Record<string, Record<string, Operation>>
beforeAll(async () => {
  site = await startApiSite()
  const { body } = await site.api.get('/openapi.json', { as: 'nobody' })
  expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'WebMACS' } })
  paths = body.paths
})
afterAll(() => site[Symbol.asyncDispose]())

const operations = (): [string, Operation][] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )

test('describes every route with a summary, a tag, what it answers and what can go wrong', () => {
  expect(operations().length).toBeGreaterThan(15)
  for (const [name, { summary, tags, responses }] of operations()) {
    expect.soft(summary, name).toMatch(/^[A-Z].+[^.]$/)
    expect.soft(tags, name).toHaveLength(1)
    expect.soft(Object.keys(responses), name).toEqual(expect.arrayContaining(['429', '500', '503']))
    for (const [status, { description, content }] of Object.entries(responses)) {
      if (Number(status) < 400) continue
      expect.soft(description, `${name} ${status}`).toMatch(/`[a-z]+(\.[a-z-]+)?`: /)
      expect
        .soft(content, `${name} ${status}`)
        .toHaveProperty(['application/problem+json', 'schema', '$ref'], '#/components/schemas/Problem')
    }
  }
})

test('says which routes need a token and which role', () => {
  expect(paths['/api/v1/auth/login']?.post?.security).toBeUndefined()
  expect(paths['/api/v1/events']?.post).toMatchObject({
    security: [{ token: [] }],
    description: expect.stringContaining('Needs the role operator.'),
    responses: {
      201: expect.anything(),
      401: expect.anything(),
      403: { description: '`auth.forbidden`: Not allowed' },
      409: { description: '`event.exists`: Event already exists' },
      413: expect.anything(),
      415: expect.anything(),
      422: { description: expect.stringContaining('event.range') },
    },
  })
})

/** Every body of the description: what is sent, and what is answered to success. */
function bodies(): [string, Content][] {
  return operations().flatMap(([name, { requestBody, responses }]) => [
    ...Object.values(requestBody?.content ?? {}).map((content): [string, Content] => [`${name} body`, content]),
    ...Object.entries(responses)
      .filter(([status]) => Number(status) < 400)
      .flatMap(([status, { content }]) =>
        Object.values(content ?? {}).map((body): [string, Content] => [`${name} ${status}`, body]),
      ),
  ])
}

test('describes every field and shows an example of every body that fulfils its own schema', () => {
  const ajv = new Ajv2020({ strict: false })
  for (const [name, { schema, example }] of bodies()) {
    expect.soft(undescribedFields(schema, name), name).toEqual([])
    expect.soft(example, name).toBeDefined()
    expect.soft(ajv.validate(schema, example), `${name}: ${ajv.errorsText()}`).toBe(true)
  }
})

test('describes every parameter, with an example', () => {
  for (const [name, { parameters }] of operations()) {
    for (const parameter of parameters ?? []) {
      expect.soft(parameter.required && parameter.schema.default !== undefined).toBe(false)
      const where = `${name} ${parameter.in} ${parameter.name}`
      expect.soft(parameter.description ?? parameter.schema.description, where).toBeTruthy()
      expect.soft(parameter.example ?? exampleOf(parameter.schema), where).toBeDefined()
    }
  }
})

test('shows an example of every error', () => {
  const conflict = paths['/api/v1/events']?.post?.responses[409]
  expect(conflict).toMatchObject({
    content: {
      'application/problem+json': { examples: { 'event.exists': { value: { status: 409, code: 'event.exists' } } } },
    },
  })
})

test('describes fields with type, bounds and example', () => {
  expect(paths['/api/v1/datapoints/series']?.post).toMatchObject({
    requestBody: {
      content: {
        'application/json': { schema: { properties: { max_points: { minimum: 10, maximum: 2000, default: 500 } } } },
      },
    },
  })
  expect(paths['/api/v1/events']?.get).toMatchObject({
    parameters: expect.arrayContaining([expect.objectContaining({ in: 'query', name: 'page_size' })]),
  })
})

test('shows the page about the API from this server alone', async () => {
  for (const path of ['/docs', '/docs/']) {
    const page = await site.api.get(path, { as: 'nobody' })
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toMatch('text/html')
    expect(page.headers.get('content-security-policy')).toMatch("script-src 'self'")
    expect(page.body).not.toMatch(/https?:\/\//)
  }
  const start = await site.api.get('/docs/start.js', { as: 'nobody' })
  expect(start.body).toMatch(/withDefaultFonts":false.*telemetry":false/)
  expect(start.body).not.toMatch(/https?:\/\//)
})

test('gives the script of the page, compressed for those who take it so', async () => {
  for (const encoding of ['gzip', 'identity']) {
    const script = await site.api.get('/docs/scalar.js', { as: 'nobody', headers: { 'accept-encoding': encoding } })
    expect(script.status).toBe(200)
    expect(script.headers.get('content-encoding')).toBe(encoding === 'gzip' ? 'gzip' : null)
    expect(script.body).toContain('createApiReference')
  }
})
