import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ARROW_STREAM, type Micros, nowMicros, SeriesAnswer, SeriesQuery } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { momentIn } from '@webmacs/http-kit/moments'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import type { Kysely } from 'kysely'
import { arrowStream } from './arrow-stream.ts'
import { readSeries, type SeriesOptions } from './read-series.ts'

/** An answer has at most so many intervals, all events together: with every aggregate some 25 MB of JSON. */
const MOST_POINTS = 200_000
/** No plant is older, and none is planned for later. */
const EARLIEST: Micros = Date.parse('1900-01-01T00:00:00Z') * 1000
const LATEST: Micros = Date.parse('2900-01-01T00:00:00Z') * 1000

export const seriesRoutes =
  ({ db }: { readonly db: Kysely<Tables> }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/series',
      {
        config: { errors: ['event.unknown'] },
        schema: {
          summary: 'Read the past of events as columns, over any range',
          description:
            'Readings as they were stored where no event has more than `max_points` of them in the range; otherwise whole intervals of a ' +
            'round length, counted from 1970, at most `max_points` of them and as a rule more than half as many. Only the length of the range ' +
            'decides how long they are, so that a chart which is moved reads only what is new. Bad readings are in no interval. Intervals ' +
            'without readings are absent unless `fill` says otherwise; `previous` and `linear` fill between readings only, `null` up to now. ' +
            '`max_points` times the number of events may be 200,000 at most. ' +
            `With \`Accept: ${ARROW_STREAM}\` the answer is an Arrow IPC stream: columns \`event\`, \`time\` and those that were asked for, or ` +
            '`value` and `quality`; what else the answer says is metadata of its schema, and so are the units of the events.',
          tags: ['Datapoints'],
          body: SeriesQuery,
          response: { 200: SeriesAnswer },
        },
      },
      async ({ body, headers }, reply) => {
        const found = await readSeries(db, optionsOf(body))
        reply.header('vary', 'accept')
        if (!wantsArrow(headers.accept)) return found.answer
        reply.type(ARROW_STREAM)
        // The framework sends bytes as they are; the schema describes the other form.
        return reply.send((await arrowStream(found)) as never)
      },
    )
  }

const wantsArrow = (accept = ''): boolean =>
  accept.split(',').some((type) => type.split(';', 1)[0]?.trim().toLowerCase() === ARROW_STREAM)

/** @throws AppError `request.invalid` that names the field */
function optionsOf(body: SeriesQuery): SeriesOptions {
  const events = body.event_public_ids
  const from = momentOf('body.from', body.from)
  const to = momentOf('body.to', body.to)
  if (from >= to) throw invalidField('body.to', 'must be later than from', body.to)
  if (new Set(events).size < events.length) {
    const twice = events.find((event, place) => events.indexOf(event) !== place)
    throw invalidField('body.event_public_ids', 'must name each event once', twice)
  }
  const most = Math.floor(MOST_POINTS / events.length)
  if (body.max_points > most) {
    throw invalidField('body.max_points', `must be at most ${most} for ${events.length} events`, body.max_points)
  }
  return {
    events,
    from,
    to,
    maxPoints: body.max_points,
    aggregates: body.aggregates,
    fill: body.fill,
    now: nowMicros(),
  }
}

function momentOf(field: string, text: string): Micros {
  const time = momentIn(field, text)
  if (time < EARLIEST || time >= LATEST) throw invalidField(field, 'must lie between the years 1900 and 2900', text)
  return time
}
