import swagger from '@fastify/swagger'
import { ACCESS, type Access, API_BASE, accessKey, EXPORT_ROUTES } from '@webmacs/contracts'
import Fastify, { type FastifySchema, type RouteOptions } from 'fastify'
import { completeOperations } from './complete-operations.ts'

/** Names, in each operation that another service answers, which one: a member of the document that nobody else knows. */
export const ANSWERED_BY = 'x-answered-by'

const TABLE: Readonly<Record<string, Access>> = ACCESS

/**
 * Paths of the routes that other services answer, described as if they were ours, by a server that is made for that and never listens. A
 * gateway sends them elsewhere; asked directly, this service does not know them.
 */
export async function describeElsewhere(): Promise<Record<string, object>> {
  const app = Fastify()
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => () => '')
  await app.register(swagger, { openapi: { openapi: '3.1.0' } })
  const routes: RouteOptions[] = []
  for (const { method, url, options } of Object.values(EXPORT_ROUTES)) {
    const access = TABLE[accessKey(method, API_BASE + url)]
    const route: RouteOptions = {
      method,
      url: API_BASE + url,
      schema: options.schema as FastifySchema, // written for whichever server answers, so without its types
      config: { ...options.config, ...(access && { access }) },
      handler: () => undefined,
    }
    app.route(route)
    routes.push(route)
  }
  await app.ready()
  const { paths } = completeOperations(app.swagger(), routes)
  await app.close()
  const byPath = new Map<string, object>(Object.entries(paths ?? {}))
  for (const operations of byPath.values()) {
    for (const operation of Object.values(operations)) Object.assign(operation, { [ANSWERED_BY]: 'export' })
  }
  return Object.fromEntries(byPath)
}
