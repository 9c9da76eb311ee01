import { type Msg, NoRespondersError, RequestError, type Subscription, TimeoutError } from '@nats-io/transport-node'
import { AppError, type Change, ERRORS, type ErrorCode } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { type Static, type TSchema, Type } from 'typebox'
import { type Bus, NotConnectedError } from './connection.ts'
import { onceReached } from './waiting.ts'

/** What a responder answers when it cannot do what was asked. */
const Refusal = Type.Object({
  error: Type.Object({
    code: Type.String(),
    detail: Type.String(),
    /** When asking again makes sense. */
    retry_after_seconds: Type.Optional(Type.Number()),
  }),
})

/** Nobody answered, or not in time. The request may or may not have been carried out. */
export class NoReplyError extends Error {
  readonly subject: string
  constructor(subject: string, cause: unknown) {
    super(`no answer on ${subject}`, { cause })
    this.name = 'NoReplyError'
    this.subject = subject
  }
}

/** A message whose content breaks its schema. */
export class InvalidMessageError extends Error {
  readonly subject: string
  constructor(subject: string, rules: string) {
    super(`message on ${subject} is invalid: ${rules}`)
    this.name = 'InvalidMessageError'
    this.subject = subject
  }
}

/**
 * Tells, in a stream that is kept, that something changed; resolves when the broker has it. Call it after the change is committed.
 * @param messageId the same one when the same change is told again: within two minutes the stream keeps it once
 */
export async function publishChange(bus: Bus, change: Change, messageId?: string): Promise<void> {
  const subject = bus.names.subjects.changes(change.entity, change.verb)
  await bus.js.publish(subject, JSON.stringify(change), messageId === undefined ? {} : { msgID: messageId })
}

export interface Responder {
  /** Takes no more requests; resolves when those under way are answered. */
  stop(): Promise<void>
}

/**
 * Answers requests on a subject. A request that breaks the schema, or a handler's AppError, is answered as a refusal with code and
 * sentence; any other failure is logged here and answered as `internal`. Without a connection yet, it begins with the first one.
 */
export function respond<Request extends TSchema, Reply>(
  bus: Bus,
  subject: string,
  schema: Request,
  handler: (request: Static<Request>) => Promise<Reply> | Reply,
  options: { readonly queue?: string } = {},
): Responder {
  const validate = createValidator(schema, 'request')
  const underWay = new Set<Promise<void>>()
  const take = (message: Msg): void => {
    const work = answer(bus, message, async () => handler(checked(validate(parseJson(message.data)), subject)))
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
  }
  let subscription: Subscription | undefined
  const stopWaiting = onceReached(bus, () => {
    subscription = bus.nc.subscribe(subject, {
      ...(options.queue !== undefined && { queue: options.queue }),
      callback: (err, message) => {
        if (err) bus.log.error({ event: 'bus.subscription-failed', subject, err }, 'subscription failed')
        else take(message)
      },
    })
  })
  return {
    stop: async () => {
      stopWaiting()
      // Draining waits for the server; without one there is nobody to wait for.
      if (bus.status() === 'connected') await subscription?.drain()
      else subscription?.unsubscribe()
      await Promise.all(underWay)
    },
  }
}

async function answer(bus: Bus, message: Msg, work: () => Promise<unknown>): Promise<void> {
  let body: unknown
  try {
    body = await work()
  } catch (err) {
    body = refusal(err)
    if (!(err instanceof AppError) && !(err instanceof InvalidMessageError)) {
      bus.log.error({ event: 'bus.request-failed', subject: message.subject, err }, 'request could not be answered')
    }
  }
  if (!bus.nc.isClosed()) message.respond(JSON.stringify(body)) // else there is nobody who could be told
}

function refusal(err: unknown): Static<typeof Refusal> {
  if (err instanceof AppError) {
    const { code, message, retryAfterSeconds } = err
    return {
      error: {
        code,
        detail: message,
        ...(retryAfterSeconds !== undefined && { retry_after_seconds: retryAfterSeconds }),
      },
    }
  }
  if (err instanceof InvalidMessageError) return { error: { code: 'request.invalid', detail: err.message } }
  return { error: { code: 'internal', detail: ERRORS.internal.title } }
}

/**
 * Asks and waits for the answer.
 * @throws NoReplyError when nobody answers in time, AppError when the responder refuses, InvalidMessageError when the answer has another form
 */
export async function request<Reply extends TSchema>(
  bus: Bus,
  subject: string,
  body: unknown,
  replySchema: Reply,
  options: { readonly timeoutMs: number },
): Promise<Static<Reply>> {
  const message = await ask(bus, subject, body, options.timeoutMs)
  const reply = parseJson(message.data)
  const refused = createValidator(Refusal, 'reply')(reply)
  if (refused.ok) throw asAppError(refused.value.error)
  return checked(createValidator(replySchema, 'reply')(reply), subject)
}

async function ask(bus: Bus, subject: string, body: unknown, timeoutMs: number): Promise<Msg> {
  try {
    return await bus.nc.request(subject, JSON.stringify(body), { timeout: timeoutMs })
  } catch (err) {
    const isUnheard = [TimeoutError, NoRespondersError, RequestError, NotConnectedError].some(
      (kind) => err instanceof kind,
    )
    throw isUnheard ? new NoReplyError(subject, err) : err
  }
}

function asAppError({ code, detail, retry_after_seconds }: Static<typeof Refusal>['error']): AppError {
  const options = { detail, ...(retry_after_seconds !== undefined && { retryAfterSeconds: retry_after_seconds }) }
  return new AppError(Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal', options)
}

const decoder = new TextDecoder()

/** The content of a message as JSON; undefined when it is none: no schema allows undefined, so the validator says what is wrong. */
export function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data))
  } catch {
    return undefined
  }
}

function checked<T>(result: ReturnType<ReturnType<typeof createValidator>>, subject: string): T {
  if (result.ok) return result.value as T // the validator was compiled from the schema of T
  throw new InvalidMessageError(subject, result.errors.map(({ field, rule }) => `${field} ${rule}`).join('; '))
}
