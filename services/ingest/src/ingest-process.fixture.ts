import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Site } from './ingest-site.fixture.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** The service as a process of its own, which can be killed. */
export interface IngestProcess {
  /** Sum of a metric over all its labels; 0 when nothing was counted yet. */
  metric(name: string): Promise<number>
  /** @returns its exit code, null after a signal */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts one and waits until it is ready. */
export async function startProcess(site: Site, environment: NodeJS.ProcessEnv = {}): Promise<IngestProcess> {
  const child = fork(MAIN, { env: { ...process.env, ...site.environment, ...environment }, stdio: 'inherit' })
  const [{ ports }] = (await once(child, 'message')) as [{ ports: { ops: number } }]
  return {
    metric: async (name) => {
      const text = await (await fetch(`http://127.0.0.1:${ports.ops}/metrics`)).text()
      const samples = text.matchAll(new RegExp(`^webmacs_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))
      return [...samples].reduce((sum, [, value]) => sum + Number(value), 0)
    },
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exited = once(child, 'exit')
      child.kill(signal)
      const [code] = await exited
      return code
    },
  }
}
