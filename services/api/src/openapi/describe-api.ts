import swagger from '@fastify/swagger'
import { type ErrorCode, Problem } from '@webmacs/contracts'
import { SERVICE_VERSION } from '@webmacs/service-kit'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { completeOperations } from './complete-operations.ts'
import { describeElsewhere } from './routes-elsewhere.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Errors that this route answers with, beside those that every route of its kind does; for the documentation. */
    errors?: readonly ErrorCode[]
  }
}

const DESCRIPTION = `Monitoring and control of laboratory rigs, pilot plants and small industrial installations.

Log in with \`POST /api/v1/auth/login\` and send the token as \`Authorization: Bearer <token>\`. Roles: viewer < operator < admin; each
operation says the least one it needs. Times are UTC with microseconds. Errors are problem details (RFC 9457) with a stable \`code\`; quote the
\`traceId\` when you report one. Unknown fields and query parameters are ignored.`

const problemSchema = { ...Problem } as object // the document's own types know no schema without a type

/** Collects the routes registered after this call; they are described (OpenAPI 3.1) at \`/openapi.json\` when somebody asks. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'WebMACS', version: SERVICE_VERSION, description: DESCRIPTION, license: { name: 'MIT' } },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
        schemas: { Problem: problemSchema },
      },
    },
  })
  let text: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(await wholeDescription(app, routes))
    return reply.type('application/json; charset=utf-8').send(Buffer.from(text))
  })
}

/** What this service answers, and what others do: the reference is one for the whole system. */
async function wholeDescription(app: FastifyInstance, routes: readonly RouteOptions[]): Promise<object> {
  const own = completeOperations(app.swagger(), routes)
  return { ...own, paths: { ...own.paths, ...(await describeElsewhere()) } }
}
