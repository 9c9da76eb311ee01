import {
  type Aggregate,
  type EventId,
  formatTime,
  type Micros,
  type SeriesAnswer,
  type SeriesColumns,
  type SeriesFill,
} from '@webmacs/contracts'
import type { RollupLevel, Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { fillColumn, layOut } from './fill.ts'
import { type IntervalColumns, readIntervals } from './read-intervals.ts'
import { hasOnlyGood, type ReadingColumns, readReadings } from './read-readings.ts'
import { findEvents, type Range, type SeriesEvent, type SeriesFacts } from './series-events.ts'
import { levelOf, MINUTE, SECOND, wholeIntervals, widthFor } from './widths.ts'

/** Making intervals of so many readings takes up to 100 ms; of more, they are made of minutes. */
const MOST_RAW_ROWS = 200_000
const HOUR: Micros = 60 * MINUTE

export interface SeriesOptions extends Range {
  /** Public ids, each once. */
  readonly events: readonly string[]
  readonly maxPoints: number
  readonly aggregates: readonly Aggregate[]
  readonly fill: SeriesFill
  readonly now: Micros
}

/** An answer, and the units of its events. */
export interface ReadSeries {
  readonly answer: SeriesAnswer
  readonly units: ReadonlyMap<EventId, string>
}

/**
 * The past of events as columns of a common resolution: readings where the fullest event has at most `maxPoints` of them in the range,
 * otherwise intervals. Takes two statements, or three where only the rollups tell that the readings are few.
 * @throws AppError `event.unknown`
 */
export async function readSeries(db: Kysely<Tables>, options: SeriesOptions): Promise<ReadSeries> {
  const width = widthFor(options.to - options.from, options.maxPoints)
  const facts = await findEvents(db, options.events, options, width < MINUTE)
  const answer = width < MINUTE ? await readClosely(db, options, facts, width) : await readWidely(db, options, facts)
  return { answer, units: new Map(facts.events.map(({ event, unit }) => [event, unit])) }
}

/** Ranges whose intervals are shorter than a minute: their readings were counted beforehand. */
async function readClosely(
  db: Kysely<Tables>,
  options: SeriesOptions,
  facts: SeriesFacts,
  width: Micros,
): Promise<SeriesAnswer> {
  if (options.from < facts.rawFrom) return intervalAnswer(options, await intervalsFrom(db, options, facts, MINUTE))
  const fullest = Math.max(...facts.events.map(({ inside }) => inside))
  const readings =
    fullest <= options.maxPoints && (await readReadings(db, facts.events, options, { most: options.maxPoints }))
  if (readings) return readingAnswer(options, facts.events, readings)
  const rows = facts.events.reduce((sum, { touching }) => sum + touching, 0)
  const finest = rows <= MOST_RAW_ROWS ? width : MINUTE
  return intervalAnswer(options, await intervalsFrom(db, options, facts, finest))
}

/** Wider ranges: what the rollups count tells whether the readings are few. */
async function readWidely(db: Kysely<Tables>, options: SeriesOptions, facts: SeriesFacts): Promise<SeriesAnswer> {
  const intervals = await intervalsFrom(db, options, facts, MINUTE)
  const found = [...intervals.columns.values()]
  const fullest = Math.max(...found.map(({ readings }) => readings))
  const earliest = Math.min(...found.map(({ time }) => time[0] ?? Number.POSITIVE_INFINITY))
  if (fullest <= options.maxPoints && earliest >= facts.rawFrom) {
    const from = Math.max(options.from, facts.rawFrom)
    const readings = await readReadings(db, facts.events, { from, to: options.to }, { most: options.maxPoints })
    if (readings !== undefined) return readingAnswer(options, facts.events, readings)
  }
  return intervalAnswer(options, intervals)
}

interface Intervals {
  readonly events: readonly SeriesEvent[]
  readonly columns: ReadonlyMap<number, IntervalColumns>
  readonly range: Range
  readonly width: Micros
  readonly level: RollupLevel | 0
}

/** Beyond the retention of minutes only rollups of an hour and more are complete. */
async function intervalsFrom(
  db: Kysely<Tables>,
  { from, to, maxPoints, aggregates }: SeriesOptions,
  { events, minutesFrom }: SeriesFacts,
  finest: Micros,
): Promise<Intervals> {
  const width = widthFor(to - from, maxPoints, from < minutesFrom ? HOUR : finest)
  const level = levelOf(width)
  const range = wholeIntervals(from, to, width)
  const columns = await readIntervals(db, { events, range, width, level, aggregates })
  return { events, columns, range, width, level }
}

function intervalAnswer({ aggregates, fill, now }: SeriesOptions, intervals: Intervals): SeriesAnswer {
  const { events, columns, range, width, level } = intervals
  const filled = { from: range.from, to: Math.min(range.to, now + 1), width }
  const series = events.map(({ id, event }): SeriesColumns => {
    const found = columns.get(id)
    const layout = layOut(found?.time ?? [], fill, filled)
    const told = aggregates.map((aggregate) => [
      aggregate,
      fillColumn(found?.aggregates.get(aggregate) ?? [], layout, fill, aggregate === 'count'),
    ])
    return { event_public_id: event, time: [...layout.time], ...Object.fromEntries(told) }
  })
  return { ...rangeAnswer(range), resolution: width / SECOND, read_from: level, series }
}

function readingAnswer(
  options: SeriesOptions,
  events: readonly SeriesEvent[],
  readings: ReadonlyMap<number, ReadingColumns>,
): SeriesAnswer {
  const series = events.map(({ id, event }): SeriesColumns => {
    const { time = [], value = [], quality = [] } = readings.get(id) ?? {}
    const marked = hasOnlyGood(quality) ? {} : { quality: [...quality] }
    return { event_public_id: event, time: [...time], value: [...value], ...marked }
  })
  return { ...rangeAnswer(options), resolution: 0, read_from: 0, series }
}

const rangeAnswer = ({ from, to }: Range) => ({ from: formatTime(from), to: formatTime(to) })
