import { readFile, writeFile } from 'node:fs/promises'

const FILE = new URL('../../../docs/benchmarks.md', import.meta.url)

const INTRODUCTION = `# Benchmarks

Measured by \`node infra/bench/src/main.ts [ingest|sustained|replicas|outage|bytes|latency|http|lists|export|outbox|sampling|commands|series|memory]\`, each beside its limit taken in the same run. Compare the shares rather
than the absolute figures: these come from whatever machine ran last, and \`load before\` tells how busy it was with other things.
`

export interface Section {
  readonly name: string
  readonly title: string
  /** Machine and versions. */
  readonly run: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** How it was measured, and what limits it. */
  readonly notes: string
}

/** Prints a section and puts it into docs/benchmarks.md, in place of the one from the last run. */
export async function report(section: Section): Promise<void> {
  const text = `## ${section.title}\n\n${section.run}\n\n${table(section)}\n\n${section.notes}\n`
  process.stdout.write(`\n${text}`)
  const begin = `<!-- ${section.name}: begin -->`
  const end = `<!-- ${section.name}: end -->`
  const block = `${begin}\n\n${text}\n${end}`
  const old = await readFile(FILE, 'utf8').catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT') return INTRODUCTION
    throw err
  })
  const start = old.indexOf(begin)
  const stop = old.indexOf(end)
  const fresh =
    start < 0 || stop < 0
      ? `${old.trimEnd()}\n\n${block}\n`
      : old.slice(0, start) + block + old.slice(stop + end.length)
  await writeFile(FILE, fresh)
}

function table({ columns, rows }: Section): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`
  return [line(columns), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n')
}

export const thousands = (value: number): string => Math.round(value).toLocaleString('en')
