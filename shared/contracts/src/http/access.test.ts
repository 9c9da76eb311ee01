import { expect, test } from 'vitest'
import { ACCESS, type Access, type AccessKey, accessKey } from './access.ts'

const REFERENCE = '../../../../docs/reference/roles.md'
const TABLE: Readonly<Record<string, Access>> = ACCESS

function remarks({ othersNeed, credential, configurable }: Access): string {
  const sentences = []
  if (othersNeed !== undefined) sentences.push(`what belongs to others: ${othersNeed}`)
  if (credential === 'login') sentences.push('a login, not an API token')
  if (configurable) sentences.push('admin where `API_DOCS=admin`, the default in production')
  return sentences.join('; ')
}

/** The page for people, made from the table. After a change: `vitest run -u --project unit shared/contracts`. */
function reference(): string {
  const rows = Object.entries(TABLE).map(([route, access]) => {
    const [method = '', path = ''] = route.split(' ')
    return `| ${method} | \`${path}\` | ${access.role} | ${remarks(access)} |`
  })
  return `# Roles

Who may do what. Roles from least to most: viewer < operator < admin; each may do all that the ones before it may. The role is the one that the
user has now, not the one at login: a change acts at once.

- **public** needs nothing. Everything else needs an access token (from a login) or an API token, as \`Authorization: Bearer <token>\`. An API token may do
  what its owner may, but where a login is asked for, and it sets no password, with which it could log in.
- Without a good token the answer is 401; below the role it is 403. A thing that one may not even know of is answered like one that is not there: 404.
- **What belongs to others**: users may touch what is their own; with somebody else's, they need the role named.
- WS is a WebSocket.

| method | path | least role | remarks |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

test('the reference page tells the table as it is', async () => {
  await expect(reference()).toMatchFileSnapshot(REFERENCE)
})

test('each row names a method and a path, and asks for more with things of others, not less', () => {
  for (const [route, { role, othersNeed }] of Object.entries(TABLE)) {
    expect(route).toMatch(/^(GET|POST|PUT|DELETE|WS) \/[\w./{}-]+$/)
    if (othersNeed !== undefined) expect(othersNeed).not.toBe(role)
  }
})

test('names a route as the table does', () => {
  const key: AccessKey = 'PUT /api/v1/dashboards/{id}/widgets/{widget}'
  expect(accessKey('PUT', '/api/v1/dashboards/:id/widgets/:widget')).toBe(key)
  expect(accessKey('HEAD', '/health')).toBe('GET /health')
})
