import { type CpuInfo, cpus } from 'node:os'

interface CpuTimes {
  readonly busy: number
  readonly total: number
}

/**
 * Share of CPU time that was not idle since the last call. Counted from `os.cpus()`: systeminformation's `currentLoad` starts a shell
 * for each call on Linux, which at one call a second would be most of what it measures.
 */
export class CpuUsage {
  readonly #read: () => CpuInfo[]
  #last: CpuTimes
  #percent: number | undefined

  constructor(read: () => CpuInfo[] = cpus) {
    this.#read = read
    this.#last = sum(read())
  }

  /** Percent, 0 to 100, over all cores. Until time has passed it is the last one; undefined when there was none, or the system does not tell. */
  percent(): number | undefined {
    const now = sum(this.#read())
    const busy = now.busy - this.#last.busy
    const total = now.total - this.#last.total
    if (total <= 0) return this.#percent
    this.#last = now
    this.#percent = Math.min(Math.max((100 * busy) / total, 0), 100)
    return this.#percent
  }
}

function sum(cores: readonly CpuInfo[]): CpuTimes {
  let busy = 0
  let idle = 0
  for (const { times } of cores) {
    busy += times.user + times.nice + times.sys + times.irq
    idle += times.idle
  }
  return { busy, total: busy + idle }
}
