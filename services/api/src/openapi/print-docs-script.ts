import { gzipSync } from 'node:zlib'
import scalar from '@scalar/fastify-api-reference'
import Fastify from 'fastify'

// A program of its own: the package's module is 5 MB of source that would stay in the service's memory for ever.
const app = Fastify()
await app.register(scalar, { routePrefix: '/docs', configuration: { url: '/openapi.json' } })
const { rawPayload, statusCode } = await app.inject('/docs/js/scalar.js')
if (statusCode !== 200) throw new Error(`the script of the API page cannot be read (${statusCode})`)
process.stdout.write(gzipSync(rawPayload, { level: 9 }))
