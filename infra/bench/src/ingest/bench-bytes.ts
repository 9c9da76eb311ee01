import { type Frame, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { ROLLUP_LEVELS } from '@webmacs/database'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'
import { type BenchDatabase, type BenchSite, startProcess, startSite } from '../site.ts'
import { fillCoarseLevels, readTableBytes, type TableBytes } from './table-bytes.ts'
import { environment, publishTexts, untilDrained } from './writer-rate.ts'

interface Plant {
  readonly name: string
  readonly title: string
  readonly events: number
  /** Each its own source with its own moments, or all of one source at the same moments. */
  readonly isOneSource: boolean
  /** Of the hours that are asked for. */
  readonly share: number
}

const PLANTS: readonly Plant[] = [
  { name: 'bytes_20', title: '20 events of one source', events: 20, isOneSource: true, share: 1 },
  { name: 'bytes_500', title: '500 sources of one event each', events: 500, isOneSource: false, share: 0.125 },
]
const DEFAULT_HOURS = 24
/** Instead of once a minute: the plant's time goes by some thirty times as fast as ours. */
const VACUUM_LOOKS = '2s'
const SECOND: Micros = 1_000_000
const HOUR: Micros = 3600 * SECOND
const YEAR_SECONDS = 365.25 * 86_400
const BYTES_PER_MB = 1e6

/** What a datapoint at 1 Hz costs on disk, with everything that belongs to it. */
export async function benchBytes(hours = DEFAULT_HOURS): Promise<void> {
  await using site = await startSite()
  const measured: TableBytes[] = []
  for (const plant of PLANTS) {
    process.stdout.write(`bytes, ${plant.title} …\n`)
    measured.push(await measure(site, plant, hours * plant.share))
  }
  const { database } = await site.createDatabase('versions')
  await report({
    name: 'bytes',
    title: 'bytes',
    run: await describeRun(site.bus, database),
    columns: ['at 1 Hz', ...PLANTS.map(({ title, share }) => `${title}, ${hours * share} h`)],
    rows: LINES.map(([title, of]) => [title, ...measured.map(of)]),
    notes: `Through the stream and an ingest process, with the times of past hours; one commit for each second of the plant, so that a rollup is written as
often as in a plant that runs: that often it leaves an old version behind. Autovacuum looks as often as it would in the plant's
time. Sizes of relations after a checkpoint, as they are then: free space in pages counts. The bar is 105 bytes a datapoint. A channel's
year is these bytes times its datapoints or rollups.`,
  })
}

/** What the table tells, from the sizes of one plant. */
const LINES: readonly (readonly [string, (bytes: TableBytes) => string])[] = [
  ['datapoints', ({ rows }) => thousands(rows)],
  ['rollups of all levels', ({ rollupRows }) => thousands(rollupRows)],
  ['row, bytes a datapoint', (of) => (of.datapoints / of.rows).toFixed(1)],
  ['its indexes', (of) => (of.datapointIndexes / of.rows).toFixed(1)],
  ['rollups', (of) => (of.rollups / of.rows).toFixed(1)],
  ['index of the rollups', (of) => (of.rollupIndex / of.rows).toFixed(1)],
  ['committed ranges', (of) => (of.sources / of.rows).toFixed(1)],
  ['all, bytes a datapoint', (of) => (allOf(of) / of.rows).toFixed(1)],
  ["a channel's year, all: MB", (of) => thousands((allOf(of) / of.rows) * (YEAR_SECONDS / BYTES_PER_MB))],
  ['– minutes and coarser, no raw: MB', (of) => thousands(megabytesOfLevels(of, ROLLUP_LEVELS))],
  [
    '– hours and coarser only: MB',
    (of) =>
      megabytesOfLevels(
        of,
        ROLLUP_LEVELS.filter((level) => level >= 3600),
      ).toFixed(1),
  ],
]

const allOf = (of: TableBytes): number => of.datapoints + of.datapointIndexes + of.rollups + of.rollupIndex + of.sources

/** MB that a channel's rollups of a year take, from the mean of a rollup. */
const megabytesOfLevels = (of: TableBytes, levels: readonly number[]): number => {
  const each = (of.rollups + of.rollupIndex) / of.rollupRows
  return levels.reduce((sum, level) => sum + (YEAR_SECONDS / level) * each, 0) / BYTES_PER_MB
}

async function measure(site: BenchSite, plant: Plant, hours: number): Promise<TableBytes> {
  const target = await site.createDatabase(plant.name)
  const { pool } = target.database
  await pool.query(`ALTER SYSTEM SET autovacuum_naptime = '${VACUUM_LOOKS}'`)
  // What is written is the same; a day of commits that each wait for the disk would take an hour.
  await pool.query("ALTER SYSTEM SET synchronous_commit = 'off'")
  await pool.query('SELECT pg_reload_conf()')
  {
    const commits = { BATCH_MAX_ROWS: String(plant.events) }
    await using _ingest = await startProcess('ingest', { ...environment(site, target), ...commits })
    await publishTexts(site.bus, frames(target, plant, hours))
    await untilDrained(site.bus)
  }
  await site.bus.jsm.streams.purge(site.bus.names.streams.readings)
  await fillCoarseLevels(target.database)
  await pool.query('CHECKPOINT')
  const bytes = await readTableBytes(target.database)
  const expected = plant.events * hours * 3600
  if (bytes.rows !== expected) throw new Error(`${expected} datapoints were sent, ${bytes.rows} are stored`)
  return bytes
}

/** A second of the plant after the other; where each event is a source, each has its own moment in it. */
function* frames({ events }: BenchDatabase, plant: Plant, hours: number): Generator<[string, string], void, void> {
  const used = events.slice(0, plant.events)
  const start = Math.floor((nowMicros() - hours * HOUR) / HOUR) * HOUR
  const frameOf = (source: string, seq: number, time: Micros, of: BenchDatabase['events']): [string, string] => {
    const values = Object.fromEntries(of.map(({ publicId, id }) => [publicId, Math.sin(seq / 100 + id)]))
    const frame: Frame = { source, epoch: 'bench', seq, time: formatTime(time), values }
    return [source, JSON.stringify(frame)]
  }
  for (let second = 0; second < hours * 3600; second += 1) {
    const time = start + second * SECOND
    if (plant.isOneSource) yield frameOf(plant.name, second + 1, time, used)
    else {
      for (const [index, event] of used.entries()) {
        const own = time + Math.round(((index * 0.618) % 1) * SECOND)
        yield frameOf(`${plant.name}-${index}`, second + 1, own, [event])
      }
    }
  }
}
