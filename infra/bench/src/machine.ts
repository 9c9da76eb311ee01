import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import type { Bus } from '@webmacs/bus'
import type { Database } from '@webmacs/database'
import { sql } from 'kysely'

/** What figures depend on, told with them. */
export async function describeRun(bus?: Bus, database?: Database): Promise<string> {
  const processors = cpus()
  const postgres =
    database &&
    (await sql<{ server_version: string }>`SHOW server_version`.execute(database.db)).rows[0]?.server_version
  const facts = [
    `commit ${commit()}`,
    new Date().toISOString().slice(0, 10),
    `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores`,
    `load before ${loadavg()[0]?.toFixed(1)}`,
    `Node.js ${process.versions.node}`,
    postgres && `PostgreSQL ${postgres}`,
    bus?.nc.info && `nats-server ${bus.nc.info.version}`,
  ]
  return facts.filter(Boolean).join(' · ')
}

function commit(): string {
  try {
    const hash = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    }).trim()
    const changed = execFileSync('git', ['status', '--porcelain', '--untracked-files=no'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    return changed.split('\n').some((line) => line !== '' && !line.endsWith('docs/benchmarks.md'))
      ? `${hash} + changes`
      : hash
  } catch {
    return 'unknown' // an unpacked release has no repository
  }
}
