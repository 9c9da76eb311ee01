import type { IncomingMessage, ServerResponse } from 'node:http'
import sirv from 'sirv'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

/** Vite puts a hash of the content into the names below `assets/`: such a file never changes. */
const HASHED = '/assets/'

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'", // Mantine sets inline styles
    "img-src 'self' data:",
    "connect-src 'self' ws: wss:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

/** Serves the built dashboard: hashed files for a year, everything else asked for anew each time, unknown paths as the application's page. */
export function serveDashboard(folder: string): RequestHandler {
  const serve = sirv(folder, {
    single: true,
    etag: true,
    brotli: true,
    gzip: true,
    dotfiles: false,
    // A missing hashed file must be a 404: the page in its place would be run as a script.
    ignores: [/^\/assets\//],
    setHeaders: (response, path) => {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
      response.setHeader('cache-control', path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain' }).end('Method Not Allowed')
      return
    }
    serve(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not Found')
    })
  }
}
