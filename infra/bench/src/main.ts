const BENCHMARKS: Record<string, (size?: number) => Promise<void>> = {
  ingest: async (share) => (await import('./ingest/bench-ingest.ts')).benchIngest(share),
  sustained: async (seconds) => (await import('./ingest/bench-sustained.ts')).benchSustained(seconds),
  replicas: async (readings) => (await import('./ingest/bench-replicas.ts')).benchReplicas(readings),
  outage: async (seconds) => (await import('./ingest/bench-outage.ts')).benchOutage(seconds),
  bytes: async (hours) => (await import('./ingest/bench-bytes.ts')).benchBytes(hours),
  latency: async () => (await import('./latency/bench-latency.ts')).benchLatency(),
  http: async () => (await import('./http/bench-http.ts')).benchHttp(),
  lists: async () =>
    (await import('./lists/bench-lists.ts')).benchLists(Number(process.env.WEBMACS_BENCH_ROWS ?? 50_000_000)),
  export: async () => (await import('./export/bench-export.ts')).benchExport(rowsWanted()),
  outbox: async () => (await import('./outbox/bench-outbox.ts')).benchOutbox(),
  sampling: async () => (await import('./sampling/bench-sampling.ts')).benchSampling(),
  commands: async () => (await import('./commands/bench-commands.ts')).benchCommands(),
  series: async () =>
    (await import('./series/bench-series.ts')).benchSeries({
      events: Number(process.env.BENCH_EVENTS ?? 20),
      rawDays: Number(process.env.BENCH_RAW_DAYS ?? 10),
      rollupDays: Number(process.env.BENCH_ROLLUP_DAYS ?? 100),
      requests: Number(process.env.BENCH_REQUESTS ?? 100),
    }),
  memory: async () => (await import('./memory/bench-memory.ts')).benchMemory(process.env.WEBMACS_DATA_DIR),
}

/** `EXPORT_BENCH_ROWS`: fewer readings than the benchmark is meant for. */
const rowsWanted = (): number | undefined =>
  process.env.EXPORT_BENCH_ROWS === undefined ? undefined : Number(process.env.EXPORT_BENCH_ROWS)

const wanted = process.argv.slice(2)
const names = wanted.length === 0 ? Object.keys(BENCHMARKS) : wanted
for (const wish of names) {
  const [name = '', size] = wish.split('=')
  const run = BENCHMARKS[name]
  if (run === undefined || (size !== undefined && !(Number(size) > 0))) {
    process.stderr.write(
      `"${wish}" is no benchmark. There are: ${Object.keys(BENCHMARKS).join(', ')}; with =size, above 0.\n`,
    )
    process.exitCode = 64
    break
  }
  await run(size === undefined ? undefined : Number(size))
}
