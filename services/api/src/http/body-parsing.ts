import { AppError } from '@webmacs/contracts'
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import { invalidField } from './schema-validation.ts'

/** Half of a character that UTF-16 writes as two; JSON can only say it as an escape. */
const ESCAPED_HALF = /\\ud[89a-f]/i
const ESCAPE = /\\(?:u([0-9a-f]{4})|.)/gi

const JSON_TYPE = /^application\/([\w.-]+\+)?json/i

/**
 * Bodies are JSON, also without a Content-Type (older clients send none); an empty body is none at all, whatever its type says. A body that
 * is not JSON is refused as invalid (422), another type as such (415). Halves of characters are refused, too: neither the database nor UTF-8
 * can keep them.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  const parseSafely = app.getDefaultJsonParser('error', 'error')
  const parse: FastifyBodyParser<string> = (request, body, done) => {
    if (body.trim() === '') done(null, undefined)
    else if (hasHalfCharacter(body)) done(invalidField('body', 'must not hold halves of characters'))
    else void parseSafely(request, body, (err, parsed) => done(err && invalidField('body', 'must be JSON'), parsed))
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(JSON_TYPE, { parseAs: 'string' }, parse)
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body: string, done) => {
    const type = request.headers['content-type']
    if (type === undefined || type === '') void parse(request, body, done)
    else if (body === '') done(null, undefined)
    else done(new AppError('request.media-type', { detail: `The body must be application/json, not ${type}.` }))
  })
}

/** Looks at the text, because what was parsed may be nested deeper than a function can call itself. */
function hasHalfCharacter(json: string): boolean {
  if (!ESCAPED_HALF.test(json)) return false
  // Any other escape stands between two halves and keeps them apart.
  const unescaped = json.replaceAll(ESCAPE, (_, hex?: string) =>
    hex === undefined ? ' ' : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return !unescaped.isWellFormed()
}
