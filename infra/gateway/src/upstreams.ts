/** Who answers a path: the api, fanout (WebSockets), the export service, or the dashboard's files. */
export type Upstream = 'api' | 'fanout' | 'export' | 'ui'

const EXPORT_ROOTS = ['/api/v1/export', '/api/v1/exports']
const EXPORT_OF_EXPERIMENT = /^\/api\/v1\/experiments\/[^/]+\/export(?:\/|$)/
const API_ROOTS = ['/api', '/health', '/docs', '/openapi.json', '/redoc']

export function upstreamOf(url: string): Upstream {
  const path = url.split('?', 1)[0] ?? '/'
  if (isBelow(path, '/ws')) return 'fanout'
  if (EXPORT_OF_EXPERIMENT.test(path) || EXPORT_ROOTS.some((root) => isBelow(path, root))) return 'export'
  return API_ROOTS.some((root) => isBelow(path, root)) ? 'api' : 'ui'
}

const isBelow = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`)
