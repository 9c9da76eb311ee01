import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'

/** Frames as they wait after an outage. */
const RUNS = [
  { frames: 100_000, values: 50 },
  { frames: 1_000_000, values: 5 },
] as const
const MEASURE = fileURLToPath(new URL('../../../../services/controller/src/testing/measure-outbox.ts', import.meta.url))

interface Measured {
  readonly appendMicros: number
  readonly rawMicros: number
  readonly drainedPerSecond: number
  readonly taken: number
  readonly memoryBytes: number
  readonly diskBytes: number
}

/** Fills the controller's outbox and empties it, against bare inserts of the same rows. */
export async function benchOutbox(): Promise<void> {
  const rows: string[][] = []
  for (const run of RUNS) {
    process.stdout.write(`outbox, ${run.values} values a frame …\n`)
    rows.push(await measure(run))
  }
  await report({
    name: 'outbox',
    title: 'outbox',
    run: await describeRun(),
    columns: [
      'frames',
      'values a frame',
      'append, µs',
      'bare insert, µs',
      'drain, frames/s',
      'memory for the backlog, MB',
      'disk, MB',
    ],
    rows,
    notes: `Append: number, JSON, row and bounds, each frame committed to the log; once a second the log is synchronised and, when it is long, put into the
file by the worker. Bare insert: the same text into a table of the same form, one commit each, with checkpoints on the way. Drain: frames are read
and packed into messages as fast as they can be, confirmed, committed and deleted; a controller limits it to its backlog rate. Memory:
growth of what is in use after a collection, when all frames wait; most of it are the frames of the last seconds.`,
  })
}

async function measure({ frames, values }: (typeof RUNS)[number]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-bench-outbox-'))
  try {
    const args = ['--expose-gc', MEASURE, folder, String(frames), String(values)]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const it = JSON.parse(stdout) as Measured // what the script prints
    if (it.taken !== frames) throw new Error(`${frames} frames went in, ${it.taken} came out`)
    return [
      thousands(frames),
      String(values),
      it.appendMicros.toFixed(0),
      it.rawMicros.toFixed(0),
      thousands(it.drainedPerSecond),
      thousands(it.memoryBytes / 1e6),
      thousands(it.diskBytes / 1e6),
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}
