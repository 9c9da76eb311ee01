import { randomBytes } from 'node:crypto'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTokenKey, signToken } from '@webmacs/auth'
import { newId } from '@webmacs/contracts'
import { to as copyTo } from 'pg-copy-streams'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'
import { type BenchDatabase, startProcess, startSite } from '../site.ts'
import { SIGNALS, type StoredSignals, storeSignals } from './stored-signals.ts'

const DEFAULT_ROWS = 20_000_000
const SAMPLE_MS = 100

/** Exports of many readings beside COPY of the same query by the database itself. */
export async function benchExport(rows = DEFAULT_ROWS): Promise<void> {
  await using site = await startSite()
  const target = await site.createDatabase('plant')
  const stored = await storeSignals(target, rows)
  const limit = await copyCsv(target, stored)
  const secret = randomBytes(32).toString('hex')
  const authorization = `Bearer ${await adminToken(target, secret)}`
  await using files = await mkdtempDisposable(join(tmpdir(), 'webmacs-bench-'))
  const environment = {
    ...{ NATS_URL: site.natsUrl, DATABASE_URL: target.url, SECRET_KEY: secret, PORT: '0' },
    EXPORT_DIR: files.path,
  }
  await using service = await startProcess('export', environment)
  const range = `from=${stored.from}&to=${stored.to}`
  const base = `http://127.0.0.1:${service.ports.http}/api/v1/export?${range}`
  // Compiled and connected once, as a service is after its first minute.
  await download(service.pid, `${base}&every=1d`, { authorization })
  const table = [row('COPY … (FORMAT csv)', stored.rows, limit, limit)]
  for (const { name, query, headers } of EXPORTS) {
    const result = await download(service.pid, base + query, { authorization, ...headers })
    table.push(row(name, stored.rows, result, limit))
  }
  await report({
    name: 'export',
    title: 'export',
    run: await describeRun(site.bus, target.database),
    columns: [
      'export',
      'rows read a second',
      'of COPY',
      'first byte, ms',
      'seconds',
      'MB',
      'of COPY’s size',
      'memory growth, MB',
    ],
    rows: table,
    notes: `${thousands(stored.rows)} readings of ${SIGNALS} signals at 1 Hz, by the service itself without the gateway. COPY is one statement with the
same columns and order, read by a client that throws its bytes away. Memory is the process's, at most, beyond what it was before the
download began. Client, service and PostgreSQL share the cores.`,
  })
}

const EXPORTS: readonly { readonly name: string; readonly query: string; readonly headers?: Record<string, string> }[] =
  [
    { name: 'CSV', query: '' },
    { name: 'CSV, gzip', query: '', headers: { 'accept-encoding': 'gzip' } },
    { name: 'JSON Lines', query: '&format=jsonl' },
    { name: 'Parquet', query: '&format=parquet' },
    { name: 'CSV, wide, 1 min, mean', query: '&shape=wide&every=1min&method=mean' },
  ]

interface Result {
  readonly seconds: number
  readonly firstByteMs: number
  readonly bytes: number
  readonly growthBytes?: number
}

function row(
  name: string,
  rows: number,
  { seconds, firstByteMs, bytes, growthBytes }: Result,
  limit: Result,
): string[] {
  return [
    name,
    thousands(rows / seconds),
    (limit.seconds / seconds).toFixed(2),
    firstByteMs.toFixed(0),
    seconds.toFixed(1),
    (bytes / 1e6).toFixed(0),
    `${((100 * bytes) / limit.bytes).toFixed(1)} %`,
    growthBytes === undefined ? '–' : (growthBytes / 1e6).toFixed(0),
  ]
}

/** The limit: what the service's CSV holds, made by the database in one statement. */
async function copyCsv({ database }: BenchDatabase, { from, to }: StoredSignals): Promise<Result> {
  const client = await database.pool.connect()
  const began = performance.now()
  let firstByteMs = 0
  let bytes = 0
  try {
    const query = `
      SELECT ts AS timestamp, name AS event_name, public_id AS event_public_id, value, unit,
        'dp_' || substr(public_id, 5) || '_' || ts AS datapoint_public_id
      FROM datapoints JOIN events ON events.id = event_id
      WHERE ts >= '${from}' AND ts < '${to}' AND value IS NOT NULL AND (quality & 3) <> 2 ORDER BY ts, event_id`
    for await (const chunk of client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT csv, HEADER)`))) {
      if (bytes === 0) firstByteMs = performance.now() - began
      bytes += (chunk as Buffer).length
    }
  } finally {
    client.release()
  }
  return { seconds: (performance.now() - began) / 1000, firstByteMs, bytes }
}

async function download(pid: number, url: string, headers: Record<string, string>): Promise<Result> {
  const before = await residentBytes(pid)
  let most = before
  const sampling = setInterval(async () => {
    most = Math.max(most, await residentBytes(pid))
  }, SAMPLE_MS)
  const began = performance.now()
  let firstByteMs = 0
  let bytes = 0
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { headers }, resolve).on('error', reject)
    })
    if (response.statusCode !== 200) throw new Error(`${url} was answered with ${response.statusCode}`)
    for await (const chunk of response) {
      if (bytes === 0) firstByteMs = performance.now() - began
      bytes += (chunk as Buffer).length
    }
  } finally {
    clearInterval(sampling)
  }
  return { seconds: (performance.now() - began) / 1000, firstByteMs, bytes, growthBytes: most - before }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

async function adminToken({ database: { db } }: BenchDatabase, secret: string): Promise<string> {
  const user = newId('usr')
  const person = { public_id: user, email: 'bench@example.com', username: 'bench', password_hash: null }
  await db
    .insertInto('users')
    .values({ ...person, role: 'admin' })
    .execute()
  return (await signToken(createTokenKey(secret), { user, role: 'admin', version: 1, lifetimeMinutes: 600 })).token
}
