import fc from 'fast-check'
import type { DescribedRoute } from './described-routes.ts'
import { HOSTILE_HEADERS, HOSTILE_SEGMENTS, hostileQueries } from './hostile-addresses.ts'
import { HOSTILE_BODIES, jsonBody, type WireBody } from './hostile-bodies.ts'
import { type FieldPath, fieldsOf, HOSTILE_JSON, withRaw } from './hostile-json.ts'

/** A request to a route that is hostile in one or several ways. */
export interface Attempt {
  readonly route: DescribedRoute
  readonly body?: (example: unknown) => WireBody
  readonly segment?: string
  readonly query?: string
  readonly header?: readonly [string, string]
}

export const namesIn = (route: DescribedRoute, place: string): string[] =>
  route.parameters.filter((parameter) => parameter.in === place).map(({ name }) => name)

/** Hostile in several ways at once, down to none: what fails shrinks to the fewest that do. */
export function anAttempt(route: DescribedRoute): fc.Arbitrary<Attempt> {
  const raw = fc.oneof(
    fc.constantFrom(...Object.values(HOSTILE_JSON)),
    fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.stringify(value)),
    fc.double().map(String),
    fc.string({ unit: 'binary' }).map((value) => JSON.stringify(value)),
  )
  const field = fc.constantFrom<FieldPath>(...fieldsOf(route.example))
  const changes = fc.array(fc.tuple(field, raw), { maxLength: 2 })
  const form = fc.option(fc.constantFrom(...Object.values(HOSTILE_BODIES)), { freq: 4, nil: jsonBody })
  const body = fc.tuple(changes, form).map(([made, send]) => (good: unknown): WireBody => {
    const text = made.reduce((json, [path, value]) => changedAlso(json, good, path, value), JSON.stringify(good))
    return send(text)
  })
  const rare = { freq: 4, nil: undefined }
  return fc
    .record({
      body: route.example === undefined ? fc.constant(undefined) : body,
      segment: fc.option(fc.constantFrom(...HOSTILE_SEGMENTS), rare),
      query: fc.option(fc.constantFrom(...hostileQueries(namesIn(route, 'query'))), rare),
      header: fc.option(fc.constantFrom(...HOSTILE_HEADERS), rare),
    })
    .map((parts) => ({ route, ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) }))
}

/** A second change is made to what the first left of the body, where that still is JSON that can be written again. */
function changedAlso(json: string, otherwise: unknown, path: FieldPath, raw: string): string {
  try {
    return withRaw(JSON.parse(json), path, raw)
  } catch {
    return withRaw(otherwise, path, raw)
  }
}
