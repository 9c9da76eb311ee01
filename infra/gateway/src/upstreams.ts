/** Who answers a path: the api, fanout (WebSockets), or the dashboard's files. */
export type Upstream = 'api' | 'fanout' | 'ui'

const API_ROOTS = ['/api', '/health', '/docs', '/openapi.json', '/redoc']

export function upstreamOf(url: string): Upstream {
  const path = url.split('?', 1)[0] ?? '/'
  if (isBelow(path, '/ws')) return 'fanout'
  return API_ROOTS.some((root) => isBelow(path, root)) ? 'api' : 'ui'
}

const isBelow = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`)
