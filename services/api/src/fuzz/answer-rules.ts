import { ERRORS } from '@webmacs/contracts'
import type { DescribedRoute } from './described-routes.ts'
import { cut, type WireAnswer } from './wire.ts'

/** Longest text of an error or message, characters: what was sent does not come back whole. */
const LONGEST_ECHO = 600
/** Largest error, bytes. */
const LARGEST_ERROR = 8_000

/** What any route may answer with, whatever it is. */
const ALWAYS = new Set(['route.unknown', 'route.method', 'request.malformed', 'request.header-too-large'])

/** What an answer has to be, whatever was sent. @returns the rules that it breaks */
export function brokenRules(route: DescribedRoute, answer: WireAnswer, hasBody = true): string[] {
  const { status, text } = answer
  if (status >= 500) return [`answers ${status}: ${cut(text, 300)}`]
  if (!hasBody || status === 204 || status === 304) return []
  const body = parsed(text)
  if (body === undefined) return [`answers ${status} with no JSON: ${cut(text, 100)}`]
  if (status >= 400) return brokenErrorRules(route, answer, body)
  const misfit = route.misfit(status, body)
  return [
    ...(misfit === undefined ? [] : [`answers ${status} not as described: ${misfit}`]),
    ...echoes(messageOf(body)),
  ]
}

function brokenErrorRules(route: DescribedRoute, { status, headers, text }: WireAnswer, body: unknown): string[] {
  const broken = echoes(body)
  if (!headers['content-type']?.startsWith('application/problem+json')) broken.push(`${status} is no problem document`)
  if (Buffer.byteLength(text) > LARGEST_ERROR) broken.push(`error of ${Buffer.byteLength(text)} bytes`)
  const { code, status: said, detail, traceId }: Record<string, unknown> = Object(body)
  const spec = Object.entries(ERRORS).find(([known]) => known === code)?.[1]
  if (spec === undefined) return [...broken, `code ${String(code)} is not in the catalogue`]
  if (said !== status || spec.status !== status) broken.push(`${String(code)} says ${String(said)} in a ${status}`)
  if (typeof detail !== 'string' || detail === '' || typeof traceId !== 'string') broken.push('says too little')
  if (!route.codes.has(String(code)) && !ALWAYS.has(String(code))) broken.push(`${String(code)} is not described`)
  return broken
}

/** Texts in it that are so long that only the caller can have sent them. */
function echoes(value: unknown, where = 'body'): string[] {
  if (typeof value === 'string') return value.length > LONGEST_ECHO ? [`${where} has ${value.length} characters`] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => echoes(inner, `${where}.${cut(name, 40)}`))
}

const messageOf = (body: unknown): unknown => Object(body).message

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON is undefined
  }
}
