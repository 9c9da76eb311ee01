const BENCHMARKS: Record<string, () => Promise<void>> = {
  ingest: async () => (await import('./ingest/bench-ingest.ts')).benchIngest(),
  latency: async () => (await import('./latency/bench-latency.ts')).benchLatency(),
  http: async () => (await import('./http/bench-http.ts')).benchHttp(),
  export: async () => (await import('./export/bench-export.ts')).benchExport(rowsWanted()),
  outbox: async () => (await import('./outbox/bench-outbox.ts')).benchOutbox(),
  sampling: async () => (await import('./sampling/bench-sampling.ts')).benchSampling(),
  commands: async () => (await import('./commands/bench-commands.ts')).benchCommands(),
  memory: async () => (await import('./memory/bench-memory.ts')).benchMemory(process.env.WEBMACS_DATA_DIR),
}

/** `EXPORT_BENCH_ROWS`: fewer readings than the benchmark is meant for. */
const rowsWanted = (): number | undefined =>
  process.env.EXPORT_BENCH_ROWS === undefined ? undefined : Number(process.env.EXPORT_BENCH_ROWS)

const wanted = process.argv.slice(2)
const names = wanted.length === 0 ? Object.keys(BENCHMARKS) : wanted
for (const name of names) {
  const run = BENCHMARKS[name]
  if (run === undefined) {
    process.stderr.write(`"${name}" is no benchmark. There are: ${Object.keys(BENCHMARKS).join(', ')}.\n`)
    process.exitCode = 64
    break
  }
  await run()
}
