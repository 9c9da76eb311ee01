import { type Bus, type Responder, respond } from '@webmacs/bus'
import { AppError } from '@webmacs/contracts'
import { isDatabaseAway } from '@webmacs/database'
import type { Static, TSchema } from 'typebox'

/** Answers requests on a subject, shared among the instances of this service; while the database is away they are refused as such. */
export function answerRequests<Request extends TSchema, Reply>(
  bus: Bus,
  subject: string,
  schema: Request,
  handler: (request: Static<Request>) => Promise<Reply>,
): Responder {
  const answer = async (request: Static<Request>): Promise<Reply> => {
    try {
      return await handler(request)
    } catch (err) {
      throw isDatabaseAway(err) ? new AppError('database.unavailable', { cause: err }) : err
    }
  }
  const responder = respond(bus, subject, schema, answer, { queue: 'api' })
  return {
    // Without a broker there is nothing to drain, and nobody who could be answered.
    stop: async () => (bus.status() === 'connected' ? await responder.stop() : undefined),
  }
}
