import { isUtf8 } from 'node:buffer'
import { AppError } from '@webmacs/contracts'
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import { invalidField } from './schema-validation.ts'
import { unstorableText } from './storable-text.ts'

const JSON_TYPE = /^application\/([\w.-]+\+)?json/i
/** Of a content type that is refused, as much as an error repeats. */
const SHOWN_TYPE = 100

/**
 * Bodies are JSON, also without a Content-Type (older clients send none); an empty body is none at all, whatever its type says. A body that
 * is not JSON in UTF-8 is refused as invalid (422), another type as such (415).
 */
export function parseJsonBodies(app: FastifyInstance): void {
  const parseSafely = app.getDefaultJsonParser('error', 'error')
  const parse: FastifyBodyParser<Buffer> = (request, body, done) => {
    // Decoded leniently, what is no UTF-8 would be stored as something that nobody sent.
    if (!isUtf8(body)) return done(invalidField('body', 'must be UTF-8'))
    const text = body.toString()
    if (text.trim() === '') return done(null, undefined)
    void parseSafely(request, text, (err, parsed) => {
      if (err) done(invalidField('body', 'must be JSON'))
      else done(unstorableText(text, parsed) ?? null, parsed)
    })
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(JSON_TYPE, { parseAs: 'buffer' }, parse)
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const type = request.headers['content-type']
    if (type === undefined || type === '') void parse(request, body, done)
    else if (body.length === 0) done(null, undefined)
    else
      done(new AppError('request.media-type', { detail: `The body must be application/json, not ${shortened(type)}.` }))
  })
}

const shortened = (type: string): string => (type.length > SHOWN_TYPE ? `${type.slice(0, SHOWN_TYPE)}…` : type)
