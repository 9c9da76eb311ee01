import { AGGREGATES, type SeriesColumns } from '@webmacs/contracts'
import type { Data, DataType, Schema } from 'apache-arrow'
import type { ReadSeries } from './read-series.ts'

const VALUES = ['value', ...AGGREGATES] as const

/**
 * The answer as an Arrow IPC stream of one batch: columns `event`, `time` and what the columns of the answer are, one event below the other.
 * The schema's metadata says `resolution`, `read_from`, `from`, `to` and `units` (JSON: unit by event). The library is loaded when somebody
 * asks for this form: it takes 22 MB.
 */
export async function arrowStream({ answer, units }: ReadSeries): Promise<Uint8Array> {
  const arrow = await import('apache-arrow')
  const { series } = answer
  const length = series.reduce((sum, { time }) => sum + time.length, 0)
  const fields = [
    { name: 'event', data: eventColumn(arrow, series, length) },
    { name: 'time', data: timeColumn(arrow, series, length) },
    ...VALUES.filter((name) => series.some((columns) => columns[name] !== undefined)).map((name) => ({
      name,
      data: valueColumn(
        arrow,
        series.flatMap((columns) => columns[name] ?? []),
      ),
    })),
    ...(answer.resolution === 0 ? [{ name: 'quality', data: qualityColumn(arrow, series, length) }] : []),
  ]
  const metadata = new Map([
    ['resolution', String(answer.resolution)],
    ['read_from', String(answer.read_from)],
    ['from', answer.from],
    ['to', answer.to],
    ['units', JSON.stringify(Object.fromEntries(units))],
  ])
  const schema: Schema = new arrow.Schema(
    fields.map(({ name, data }) => arrow.Field.new({ name, type: data.type, nullable: data.nullCount > 0 })),
    metadata,
  )
  const type = new arrow.Struct(schema.fields)
  const rows = arrow.makeData({ type, length, nullCount: 0, children: fields.map(({ data }) => data) })
  return arrow.tableToIPC(new arrow.Table(schema, new arrow.RecordBatch(schema, rows)), 'stream')
}

type Arrow = typeof import('apache-arrow')
type Column = Data<DataType>

function eventColumn(arrow: Arrow, series: readonly SeriesColumns[], length: number): Column {
  const indices = new Int32Array(length)
  let at = 0
  for (const [index, { time }] of series.entries()) {
    indices.fill(index, at, at + time.length)
    at += time.length
  }
  const dictionary = arrow.vectorFromArray(
    series.map(({ event_public_id }) => event_public_id as string),
    new arrow.Utf8(),
  )
  const type = new arrow.Dictionary(dictionary.type, new arrow.Int32(), 0)
  return arrow.makeData({ type, length, nullCount: 0, data: indices, dictionary })
}

function timeColumn(arrow: Arrow, series: readonly SeriesColumns[], length: number): Column {
  const data = new BigInt64Array(length)
  let at = 0
  for (const { time } of series) for (const moment of time) data[at++] = BigInt(moment)
  return arrow.makeData({ type: new arrow.TimestampMicrosecond('UTC'), length, nullCount: 0, data })
}

function valueColumn(arrow: Arrow, values: readonly (number | null)[]): Column {
  const data = Float64Array.from(values, (value) => value ?? 0)
  const type = new arrow.Float64()
  const nullCount = values.reduce<number>((sum, value) => (value === null ? sum + 1 : sum), 0)
  if (nullCount === 0) return arrow.makeData({ type, length: data.length, nullCount, data })
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8))
  for (const [index, value] of values.entries()) {
    // A byte holds the marks of eight values, the first one lowest; a mark says that there is a value.
    if (value !== null) nullBitmap[index >> 3] = (nullBitmap[index >> 3] ?? 0) | (1 << (index & 7))
  }
  return arrow.makeData({ type, length: data.length, nullCount, nullBitmap, data })
}

function qualityColumn(arrow: Arrow, series: readonly SeriesColumns[], length: number): Column {
  const data = Int16Array.from(series.flatMap(({ time, quality }) => quality ?? time.map(() => 0)))
  return arrow.makeData({ type: new arrow.Int16(), length, nullCount: 0, data })
}
