import type { Role } from '../roles.ts'

/** What a request needs to be let in. */
export interface Access {
  /** The least role; `public`: not even a token. */
  readonly role: Role | 'public'
  /** Whose role is lower than this may touch only what is their own. */
  readonly othersNeed?: Role
  /** `login`: an API token is refused, so that a token that leaks cannot make others. Left out: any token. */
  readonly credential?: 'login'
  /** Where the configuration asks for it (`API_DOCS=admin`), admins only. */
  readonly configurable?: true
  /** A link with a key of its own is let in without a token: a browser's download cannot send one. */
  readonly link?: true
}

const open: Access = { role: 'public' }
const viewer: Access = { role: 'viewer' }
const operator: Access = { role: 'operator' }
const admin: Access = { role: 'admin' }
const viewerOwn: Access = { role: 'viewer', othersNeed: 'admin' }
const operatorOwn: Access = { role: 'operator', othersNeed: 'admin' }
const docs: Access = { role: 'public', configurable: true }

/**
 * Who may do what: the one table. Servers guard by it and refuse to start with a route that is not here, the reference page and the test
 * of every route, role and token are made from it, and user interfaces hide what it would refuse.
 */
export const ACCESS = {
  'GET /health': open,
  'GET /api/v1/health': open,
  'GET /docs': docs,
  'GET /docs/start.js': docs,
  'GET /docs/scalar.js': open,
  'GET /openapi.json': docs,

  'POST /api/v1/auth/login': open,
  'POST /api/v1/auth/logout': viewer,
  'GET /api/v1/auth/me': viewer,
  'GET /api/v1/auth/sso/config': open,

  'GET /api/v1/users': admin,
  'POST /api/v1/users': { role: 'admin', credential: 'login' },
  'GET /api/v1/users/{id}': viewerOwn,
  'PUT /api/v1/users/{id}': viewerOwn,
  'DELETE /api/v1/users/{id}': admin,

  'GET /api/v1/tokens': viewerOwn,
  'POST /api/v1/tokens': { role: 'viewer', credential: 'login' },
  'DELETE /api/v1/tokens/{id}': viewerOwn,

  'GET /api/v1/events': viewer,
  'POST /api/v1/events': operator,
  'GET /api/v1/events/{id}': viewer,
  'PUT /api/v1/events/{id}': operator,
  'DELETE /api/v1/events/{id}': operator,

  'GET /api/v1/experiments': viewer,
  'POST /api/v1/experiments': operator,
  'GET /api/v1/experiments/{id}': viewer,
  'PUT /api/v1/experiments/{id}': operator,
  'PUT /api/v1/experiments/{id}/stop': operator,
  'DELETE /api/v1/experiments/{id}': operator,

  'GET /api/v1/datapoints': viewer,
  'POST /api/v1/datapoints': operator,
  'POST /api/v1/datapoints/batch': operator,
  'GET /api/v1/datapoints/latest': viewer,
  'POST /api/v1/datapoints/series': viewer,
  'GET /api/v1/datapoints/{id}': viewer,
  'DELETE /api/v1/datapoints/{id}': operator,
  'POST /api/v1/datapoints/deletions': admin,
  'GET /api/v1/datapoints/deletions': admin,
  'GET /api/v1/datapoints/deletions/{id}': admin,
  'POST /api/v1/series': viewer,

  'GET /api/v1/historian': viewer,
  'GET /api/v1/historian/events': viewer,
  'GET /api/v1/historian/retention': viewer,
  'PUT /api/v1/historian/retention': admin,
  'GET /api/v1/historian/maintenance': viewer,
  'POST /api/v1/historian/repairs': admin,
  'GET /api/v1/historian/repairs/{id}': admin,

  'GET /api/v1/experiments/{id}/export/csv': viewer,
  'GET /api/v1/export': viewer,
  'GET /api/v1/exports': viewer,
  'POST /api/v1/exports': viewer,
  'GET /api/v1/exports/{id}': viewerOwn,
  'DELETE /api/v1/exports/{id}': viewerOwn,
  'GET /api/v1/exports/{id}/metadata': viewerOwn,
  'GET /api/v1/exports/{id}/download': { ...viewerOwn, link: true },

  'GET /api/v1/logging': viewer,
  'POST /api/v1/logging': operator,
  'GET /api/v1/logging/{id}': viewer,
  'PUT /api/v1/logging/{id}': operator,

  'GET /api/v1/dashboards': viewer,
  'POST /api/v1/dashboards': operator,
  'GET /api/v1/dashboards/{id}': viewer,
  'PUT /api/v1/dashboards/{id}': operatorOwn,
  'DELETE /api/v1/dashboards/{id}': operatorOwn,
  'POST /api/v1/dashboards/{id}/widgets': operatorOwn,
  'PUT /api/v1/dashboards/{id}/widgets/{widget}': operatorOwn,
  'DELETE /api/v1/dashboards/{id}/widgets/{widget}': operatorOwn,

  'GET /api/v1/plugins': viewer,
  'POST /api/v1/plugins': admin,
  'GET /api/v1/plugins/available': viewer,
  'GET /api/v1/plugins/{id}': viewer,
  'PUT /api/v1/plugins/{id}': admin,
  'DELETE /api/v1/plugins/{id}': admin,
  'GET /api/v1/plugins/{id}/channels': viewer,
  'POST /api/v1/plugins/{id}/channels': admin,
  'PUT /api/v1/plugins/{id}/channels/{mapping}': admin,
  'DELETE /api/v1/plugins/{id}/channels/{mapping}': admin,

  'GET /api/v1/plugins/available/{id}': viewer,
  'POST /api/v1/plugins/test': admin,
  'GET /api/v1/plugins/{id}/values': viewer,
  'GET /api/v1/plugins/packages': viewer,
  'POST /api/v1/plugins/packages/upload': admin,
  'DELETE /api/v1/plugins/packages/{id}': admin,

  'GET /api/v1/commands': viewer,
  'POST /api/v1/commands': operator,
  'GET /api/v1/commands/{id}': viewer,

  'GET /api/v1/valve-cycle': viewer,
  'PUT /api/v1/valve-cycle': admin,

  'GET /api/v1/gaps': viewer,

  'GET /api/v1/audit': admin,

  'WS /ws/datapoints/stream': viewer,
  'WS /ws/controller/telemetry': operator,
} as const satisfies Record<string, Access>

export type AccessKey = keyof typeof ACCESS

/** `GET` and `/events/:id` as the table names them; a HEAD needs what its GET does. */
export function accessKey(method: string, path: string): string {
  return `${method === 'HEAD' ? 'GET' : method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`
}
