import { AppError } from '@webmacs/contracts'
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import { invalidField } from './schema-validation.ts'

const JSON_TYPE = /^application\/([\w.-]+\+)?json/i

/**
 * Bodies are JSON, also without a Content-Type (older clients send none); an empty body is none at all, whatever its type says. A body that
 * is not JSON is refused as invalid (422), another type as such (415).
 */
export function parseJsonBodies(app: FastifyInstance): void {
  const parseSafely = app.getDefaultJsonParser('error', 'error')
  const parse: FastifyBodyParser<string> = (request, body, done) => {
    if (body.trim() === '') done(null, undefined)
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
