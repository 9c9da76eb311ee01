import { statfs } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { parse } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@webmacs/plugin-sdk'
import { mem } from 'systeminformation/lib/memory.js'
import type { Metric } from './channels.ts'
import { findTemperatureSource } from './cpu-temperature.ts'
import { CpuUsage } from './cpu-usage.ts'
import { slowly } from './slowly.ts'

/** A metric's value; undefined where this machine has none. Rejects where it should have one and cannot be read. */
export type MetricReader = () => Promise<number | undefined>

export type HostMetrics = Readonly<Record<Metric, MetricReader>>

const BYTES_PER_GB = 1024 ** 3
/** Long enough that the channels of one cycle share one reading. */
const CYCLE_MS = 20
/** Kernels count processor time in hundredths of a second: so the first reading has a usage already. */
const FIRST_SPAN_MS = 50
/** Linux gives memory and temperature from a file; elsewhere systeminformation starts a program for them. */
const PROGRAM_INTERVAL_MS = 10_000

/** Readers of this machine's metrics. CPU usage counts from this call on. */
export async function openHostMetrics(clock: Clock): Promise<HostMetrics> {
  const { platform } = process
  const cpu = new CpuUsage()
  await delay(FIRST_SPAN_MS)
  cpu.percent()
  const askIntervalMs = platform === 'linux' ? CYCLE_MS : PROGRAM_INTERVAL_MS
  const memory = slowly(readMemory, askIntervalMs, clock)
  const disk = slowly(readRootFileSystem, CYCLE_MS, clock)
  const temperature = slowly(await findTemperatureSource(platform), askIntervalMs, clock)
  return {
    cpu_percent: async () => cpu.percent(),
    memory_percent: async () => (await memory()).percent,
    memory_used_gb: async () => (await memory()).usedGb,
    disk_percent: async () => (await disk()).percent,
    disk_used_gb: async () => (await disk()).usedGb,
    // Windows has no load average; Node.js says 0 there.
    load_avg_1m: async () => (platform === 'win32' ? undefined : loadavg()[0]),
    cpu_temp: temperature,
  }
}

interface Occupation {
  readonly percent: number
  readonly usedGb: number
}

/** Used is what programs could not get if they asked for it: caches do not count. */
async function readMemory(): Promise<Occupation> {
  const { total, available } = await mem()
  return occupation(total - available, total)
}

async function readRootFileSystem(): Promise<Occupation> {
  const { blocks, bfree, bavail, bsize } = await statfs(parse(process.cwd()).root)
  const used = (blocks - bfree) * bsize
  // What is kept for root counts as neither used nor free, as in df.
  return { ...occupation(used, used + bavail * bsize), usedGb: twoDecimals(used / BYTES_PER_GB) }
}

const occupation = (used: number, total: number): Occupation => ({
  percent: (100 * used) / total,
  usedGb: twoDecimals(used / BYTES_PER_GB),
})

const twoDecimals = (value: number): number => Math.round(value * 100) / 100
