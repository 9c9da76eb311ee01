import { type Frame, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'
import { type BenchDatabase, type BenchSite, startProcess, startSite } from '../site.ts'
import { fillCoarseLevels, readTableBytes } from './table-bytes.ts'
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

/** What a datapoint at 1 Hz costs on disk, with everything that belongs to it. */
export async function benchBytes(hours = DEFAULT_HOURS): Promise<void> {
  await using site = await startSite()
  const rows: string[][] = []
  for (const plant of PLANTS) {
    process.stdout.write(`bytes, ${plant.title} …\n`)
    rows.push(await measure(site, plant, hours * plant.share))
  }
  const { database } = await site.createDatabase('versions')
  await report({
    name: 'bytes',
    title: 'bytes',
    run: await describeRun(site.bus, database),
    columns: [
      ...[
        '1 Hz',
        'hours',
        'datapoints',
        'row',
        'its indexes',
        'rollups',
        'their index',
        'ranges',
        'all, bytes a datapoint',
      ],
    ],
    rows,
    notes: `Through the stream and an ingest process, with the times of past hours; one commit for each second of the plant, so that a rollup is written as
often as in a plant that runs: that often it leaves an old version behind. Autovacuum looks as often as it would in the plant's time. Rollups of all levels. Sizes of relations after
a checkpoint, as they are then: free space in pages counts. The bar is 105 bytes.`,
  })
}

async function measure(site: BenchSite, plant: Plant, hours: number): Promise<string[]> {
  const target = await site.createDatabase(plant.name)
  const { pool } = target.database
  await pool.query(`ALTER SYSTEM SET autovacuum_naptime = '${VACUUM_LOOKS}'`)
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
  const each = [bytes.datapoints, bytes.datapointIndexes, bytes.rollups, bytes.rollupIndex, bytes.sources]
  const perDatapoint = (of: number): string => (of / bytes.rows).toFixed(1)
  const all = each.reduce((sum, one) => sum + one, 0)
  return [plant.title, String(hours), thousands(bytes.rows), ...each.map(perDatapoint), perDatapoint(all)]
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
