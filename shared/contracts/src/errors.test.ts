import { expect, test } from 'vitest'
import { AppError, ERRORS, type ErrorCode } from './errors.ts'

const REFERENCE = '../../../docs/reference/errors.md'

/** The page for people, made from the catalogue. After a change: `vitest run -u --project unit shared/contracts`. */
function reference(): string {
  const rows = Object.entries(ERRORS)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(
      ([code, { status, title, retryable }]) => `| \`${code}\` | ${status} | ${title} | ${retryable ? 'yes' : 'no'} |`,
    )
  return `# Errors

Every error of the HTTP API is answered as problem details (RFC 9457, \`application/problem+json\`):

\`\`\`json
{
  "type": "about:blank",
  "title": "Invalid request",
  "status": 422,
  "detail": "body.min_value must be number.",
  "instance": "/api/v1/events",
  "code": "request.invalid",
  "traceId": "5897ca49-22e1-4208-ba61-d1f7f898522a",
  "errors": [{ "field": "body.min_value", "rule": "must be number" }]
}
\`\`\`

Go by \`code\`: it is stable and never used again for something else. \`detail\` is a sentence for people. \`errors\` names each field that broke
a rule, twenty at most. \`traceId\` is the request's id, also in the header \`X-Request-ID\` and in each log line; quote it when you report an
error. Where asking again makes sense, \`Retry-After\` says when, in seconds.

| code | status | title | ask again |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

test('the reference page tells the catalogue as it is', async () => {
  await expect(reference()).toMatchFileSnapshot(REFERENCE)
})

test.each(Object.keys(ERRORS) as ErrorCode[])(
  '%s has the form of a code, and a status and title of an error',
  (code) => {
    expect(code).toMatch(/^[a-z]+(\.[a-z]+(-[a-z]+)*)?$/)
    expect(ERRORS[code].status).toBeGreaterThanOrEqual(400)
    expect(ERRORS[code].title).toMatch(/^[A-Z].*[^.]$/)
  },
)

test('an error says its title unless it has a sentence of its own', () => {
  expect(new AppError('event.unknown').message).toBe('Unknown event.')
  expect(new AppError('event.unknown', { detail: "Event 'x' not found." })).toMatchObject({
    message: "Event 'x' not found.",
    status: 404,
  })
})
