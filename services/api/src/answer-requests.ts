import { type Bus, type Responder, respond } from '@webmacs/bus'
import { asAppError } from '@webmacs/http-kit/failures'
import type { Static, TSchema } from 'typebox'

/** Answers requests on a subject, shared among the instances of this service; what fails is refused with the code that HTTP gives it. */
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
      const known = asAppError(err)
      throw known.code === 'internal' ? err : known // what nobody expected is logged where it is answered
    }
  }
  const responder = respond(bus, subject, schema, answer, { queue: 'api' })
  return {
    // Without a broker there is nothing to drain, and nobody who could be answered.
    stop: async () => (bus.status() === 'connected' ? await responder.stop() : undefined),
  }
}
