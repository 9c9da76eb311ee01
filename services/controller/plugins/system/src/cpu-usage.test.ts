import type { CpuInfo } from 'node:os'
import { expect, test } from 'vitest'
import { CpuUsage } from './cpu-usage.ts'

const aCore = (user: number, idle: number): CpuInfo => ({
  model: 'test',
  speed: 1,
  times: { user, nice: 0, sys: 0, irq: 0, idle },
})

function usageOver(...readings: CpuInfo[][]): CpuUsage {
  return new CpuUsage(() => readings.shift() ?? [])
}

test('is the busy share of all cores since the last call', () => {
  const usage = usageOver([aCore(0, 0), aCore(0, 0)], [aCore(100, 0), aCore(0, 100)], [aCore(100, 100), aCore(0, 200)])
  expect(usage.percent()).toBe(50)
  expect(usage.percent()).toBe(0)
})

test('is the last one until time has passed, and none at first', () => {
  const cores = [aCore(10, 10)]
  const usage = usageOver(cores, cores, [aCore(40, 80)], [aCore(40, 80)])
  expect(usage.percent()).toBeUndefined()
  expect(usage.percent()).toBe(30)
  expect(usage.percent()).toBe(30)
})

test('has no value when the system tells of no cores', () => {
  expect(usageOver([]).percent()).toBeUndefined()
})
