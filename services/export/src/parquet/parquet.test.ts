import { type Table as ArrowTable, tableFromIPC } from '@uwdata/flechette'
import type { ExportMetadata } from '@webmacs/contracts'
import fc from 'fast-check'
import { readParquet } from 'parquet-wasm/node'
import { expect, test, vi } from 'vitest'
import type { Column, ColumnValues, RowBatch } from '../table/table.ts'
import { parquet } from './parquet.ts'

vi.setConfig({ testTimeout: 60_000 })

const METADATA: ExportMetadata = {
  software: 'WebMACS 3.0.0',
  created_on: '2026-11-23T17:00:00.000000Z',
  from: '2026-11-23T16:00:00.000000Z',
  to: '2026-11-23T17:00:00.000000Z',
  time_zone: 'UTC',
  experiment: null,
  events: [],
  selection: {
    format: 'parquet',
    shape: 'long',
    every: 'raw',
    method: 'none',
    include_bad: false,
    metadata: false,
  },
  quality: 'Bad readings are left out',
  expected_rows: null,
  gaps: [],
}

type Cell = number | string | null

async function encode(columns: readonly Column[], batches: readonly RowBatch[]): Promise<Buffer[]> {
  const source = { table: { columns }, batches: from(batches), metadata: METADATA, withMetadata: true }
  const chunks: Buffer[] = []
  for await (const chunk of parquet.encode(source)) chunks.push(chunk)
  return chunks
}

async function* from(batches: readonly RowBatch[]): AsyncGenerator<RowBatch, void> {
  yield* batches
}

/** As a reader of another house sees the file: Apache's own, in Rust. */
const readBack = (file: Buffer): ArrowTable =>
  tableFromIPC(readParquet(new Uint8Array(file)).intoIPCStream(), { useBigInt: true })

function cellsOf(table: ArrowTable, column: Column): Cell[] {
  const read = table.getChild(column.name)
  if (column.kind !== 'time') return Array.from(read, (cell) => (typeof cell === 'bigint' ? Number(cell) : cell))
  return read.data.flatMap(({ values }) => Array.from(values as BigInt64Array, Number)) // microseconds as they are stored
}

const WORDS = ['TT-101', 'Druck °C', '', 'evt_7k2m9q4tx3ab', '温度 "Ω",\n']
const KINDS: readonly Column['kind'][] = ['time', 'number', 'integer', 'text']
const FIRST_TIME = Date.parse('1970-01-01T00:00:00Z') * 1000
const LAST_TIME = Date.parse('2200-01-01T00:00:00Z') * 1000

const cellOf: Record<Column['kind'], fc.Arbitrary<Cell>> = {
  time: fc.integer({ min: FIRST_TIME, max: LAST_TIME }),
  number: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  integer: fc.option(fc.maxSafeInteger()),
  text: fc.constantFrom(...WORDS),
}

function valuesOf(kind: Column['kind'], cells: readonly Cell[]): ColumnValues {
  if (kind === 'text') {
    const words = [...new Set(cells.map(String))]
    return { kind, words, codes: Int32Array.from(cells, (cell) => words.indexOf(String(cell))) }
  }
  return { kind, values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))) }
}

const tables = fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 8 }).chain((kinds) =>
  fc.record({
    columns: fc.constant(kinds.map((kind, index): Column => ({ name: `${kind} ${index}`, kind, unit: '' }))),
    batches: fc.array(
      fc
        .integer({ min: 1, max: 40 })
        .chain((rows) =>
          fc.tuple(...kinds.map((kind) => fc.array(cellOf[kind], { minLength: rows, maxLength: rows }))),
        ),
      { maxLength: 6 },
    ),
  }),
)

test('reads back as the table that was written: times to the microsecond, every bit of a number, nulls and texts', async () => {
  await fc.assert(
    fc.asyncProperty(tables, async ({ columns, batches }) => {
      const file = Buffer.concat(
        await encode(
          columns,
          batches.map((cells) => ({
            rows: cells[0]?.length ?? 0,
            columns: columns.map(({ kind }, index) => valuesOf(kind, cells[index] ?? [])),
          })),
        ),
      )
      const table = readBack(file)
      for (const [index, column] of columns.entries()) {
        expect(cellsOf(table, column)).toEqual(batches.flatMap((cells) => cells[index] ?? []))
      }
    }),
    { numRuns: 200 },
  )
})

const LONG: readonly Column[] = [
  { name: 'timestamp', kind: 'time', unit: '' },
  { name: 'event', kind: 'text', unit: '' },
  { name: 'value', kind: 'number', unit: '°C' },
  { name: 'datapoint_id', kind: 'text', unit: '', derived: true },
]

/** `rows` readings a second apart, in batches of 7,000. */
function* readings(rows: number): Generator<RowBatch, void> {
  const words = ['TT-101', 'TT-102', 'TT-103']
  for (let start = 0; start < rows; start += 7000) {
    const count = Math.min(7000, rows - start)
    const indices = Array.from({ length: count }, (_, index) => start + index)
    const codes = Int32Array.from(indices, (index) => index % 3)
    const times = Float64Array.from(indices, (index) => LAST_TIME - 1e12 + index * 1e6)
    yield {
      rows: count,
      columns: [
        { kind: 'time', values: times },
        { kind: 'text', words, codes },
        { kind: 'number', values: Float64Array.from(indices, Math.sin) },
        { kind: 'text', words: ['dp_'], codes: new Int32Array(count), suffixes: times },
      ],
    }
  }
}

test('leaves out what follows from other columns, and carries metadata and units', async () => {
  const { schema } = readBack(Buffer.concat(await encode(LONG, [...readings(10)])))
  expect(schema.fields.map(({ name }) => name)).toEqual(['timestamp', 'event', 'value'])
  expect(JSON.parse(schema.metadata?.get('webmacs') ?? '')).toEqual(METADATA)
  expect(JSON.parse(schema.metadata?.get('webmacs.units') ?? '')).toEqual({ value: '°C' })
  expect(schema.fields[0]?.type).toMatchObject({ unit: 2, timezone: 'UTC' })
})

test('writes row groups one by one, whatever the batches, and each row once', async () => {
  const rows = 300_000
  const chunks = await encode(LONG, [...readings(rows)])
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(256 * 1024)
  const table = readBack(Buffer.concat(chunks))
  expect(table.numRows).toBe(rows)
  expect(table.getChild('value').at(rows - 1)).toBe(Math.sin(rows - 1))
  expect(table.getChild('event').at(65_536)).toBe(`TT-${101 + (65_536 % 3)}`)
})

test('sends its first bytes before the first row is there, and holds back what nobody takes', async () => {
  let asked = 0
  async function* batches(): AsyncGenerator<RowBatch, void> {
    for (const batch of readings(1_000_000)) {
      asked += 1
      yield batch
    }
  }
  const source = { table: { columns: LONG }, batches: batches(), metadata: METADATA, withMetadata: false }
  const chunks = parquet.encode(source)[Symbol.asyncIterator]()
  expect((await chunks.next()).value?.toString()).toBe('PAR1')
  expect(asked).toBe(0)
  await chunks.next()
  expect(asked).toBe(Math.ceil(65_536 / 7000))
  await chunks.return?.()
  expect(asked).toBe(Math.ceil(65_536 / 7000))
})

test('writes a table without rows as a file that readers open', async () => {
  const table = readBack(Buffer.concat(await encode(LONG, [])))
  expect(table.numRows).toBe(0)
  expect(table.schema.fields).toHaveLength(3)
})

test('writes a wide table of a thousand columns, with values missing', async () => {
  const columns: Column[] = [
    { name: 'timestamp', kind: 'time', unit: '' },
    ...Array.from({ length: 1000 }, (_, index): Column => ({ name: `E-${index}`, kind: 'number', unit: 'bar' })),
  ]
  const rows = 4000
  const values = Float64Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? Number.NaN : row))
  const batch: RowBatch = {
    rows,
    columns: columns.map(
      ({ kind }): ColumnValues => ({
        kind: kind === 'time' ? 'time' : 'number',
        values: kind === 'time' ? values.map((_, row) => row) : values,
      }),
    ),
  }
  const table = readBack(Buffer.concat(await encode(columns, [batch])))
  expect(table.numRows).toBe(rows)
  expect(table.getChild('E-999').at(3001)).toBe(3001)
  expect(table.getChild('E-999').at(3000)).toBeNull()
})
