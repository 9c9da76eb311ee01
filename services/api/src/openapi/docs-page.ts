import { gunzipSync } from 'node:zlib'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { DocsScript } from './docs-script.ts'

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>WebMACS API</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <noscript>This page needs JavaScript. The description itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    <div id="api"></div>
    <script src="/docs/scalar.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`

/** Nothing of the page leaves this server: no fonts, proxy, telemetry or assistant of the makers of the page. */
const START = `Scalar.createApiReference('#api', ${JSON.stringify({
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  authentication: { preferredSecurityScheme: 'token' },
  persistAuth: false,
  documentDownloadType: 'json',
})})
`

/** Stricter than what the page would like: whatever it tries to load from elsewhere, the browser refuses. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const CACHE = 'public, max-age=3600'

/** The interactive page about this API, at `/docs`. */
export const docsPage = (): FastifyPluginAsyncTypebox => async (app) => {
  const script = new DocsScript()
  const hidden = { schema: { hide: true } }

  app.get('/docs', hidden, (_request, reply) => page(reply, 'text/html; charset=utf-8', PAGE))
  app.get('/docs/start.js', hidden, (_request, reply) => page(reply, 'text/javascript; charset=utf-8', START))
  app.get('/docs/scalar.js', hidden, async (request, reply) => {
    const compressed = await script.read()
    reply.header('vary', 'accept-encoding').header('cache-control', CACHE).type('text/javascript; charset=utf-8')
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    return takesGzip ? reply.header('content-encoding', 'gzip').send(compressed) : reply.send(gunzipSync(compressed))
  })
}

function page(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply.type(type).header('content-security-policy', POLICY).send(Buffer.from(text))
}
