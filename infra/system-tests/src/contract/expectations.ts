import { expect } from 'vitest'
import type { Answer } from './http.ts'

export interface Problem {
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly traceId: string
  readonly errors?: readonly { readonly field: string; readonly rule: string; readonly value?: unknown }[]
}

export interface Page<Item = Record<string, unknown>> {
  readonly page: number
  readonly page_size: number
  readonly total: number
  readonly data: Item[]
}

/** http.md §1.1: UTC with `Z` and microseconds; no fraction when it is exactly zero. */
export const aTimestamp: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/)
export const anId = (prefix: string): unknown => expect.stringMatching(new RegExp(`^${prefix}_[0-9a-z]+$`))
export const aNumber: unknown = expect.any(Number)
export const aString: unknown = expect.any(String)

/** The status, with the body in the message when it is another one. */
export function expectStatus(answer: Answer, status: number): Answer {
  expect(answer.status, answer.text.slice(0, 500)).toBe(status)
  return answer
}

/** Problem details, whatever the error: `detail` stays a string where older clients show it. */
export function expectProblem(answer: Answer, status: number, code?: string): Problem {
  expectStatus(answer, status)
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  const problem = answer.json<Problem & Record<string, unknown>>()
  expect(problem).toMatchObject({ title: aString, status, detail: aString, code: code ?? aString, traceId: aString })
  expect(problem.detail).not.toBe('')
  expect(answer.headers.get('x-request-id')).toBe(problem.traceId)
  return problem
}

/** 422 that names the field, so that a form can show it where it belongs. */
export function expectInvalid(answer: Answer, field: string, code = 'request.invalid'): Problem {
  const problem = expectProblem(answer, 422, code)
  expect(problem.errors?.map((error) => error.field) ?? []).toContain(field)
  return problem
}

/** `S(msg)` of http.md; what was made is named in addition. */
export function expectSuccess(answer: Answer, status: number): Record<string, string> {
  expectStatus(answer, status)
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  const body = answer.json<Record<string, string>>()
  expect(body).toMatchObject({ status: 'success', message: aString })
  return body
}

/** The id of what was created. */
export function expectCreated(answer: Answer, prefix: string): string {
  const body = expectSuccess(answer, 201)
  expect(body.public_id).toEqual(anId(prefix))
  return String(body.public_id)
}

/** One won, the others were told of the conflict: nobody got a 5xx. */
export function expectOneWinner(answers: readonly Answer[], code: string): void {
  const [winner, ...losers] = [...answers].sort((a, b) => a.status - b.status)
  expect(winner?.status, winner?.text).toBe(201)
  for (const loser of losers) expectProblem(loser, 409, code)
}
