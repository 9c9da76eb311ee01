import { describe, expect, test } from 'vitest'
import { type Channel, resolveChannels } from './channel.ts'
import { ChannelSimulation, type Simulation } from './simulation.ts'

function aChannel(simulation: Partial<Simulation>, range = { minValue: -1000, maxValue: 1000 }): Channel {
  const [channel] = resolveChannels([
    { id: 'signal', name: 'Signal', direction: 'input', unit: '1', ...range, simulation },
  ])
  if (channel === undefined) throw new Error('no channel')
  return channel
}

const valuesAt = (simulation: Partial<Simulation>, seconds: readonly number[], instance = 'Reactor'): number[] => {
  const signal = new ChannelSimulation(aChannel(simulation), instance)
  return seconds.map((second) => signal.valueAt(second))
}

const signal = { base: 100, amplitude: 20, periodSeconds: 60 }

describe('without noise', () => {
  test('a sine starts at its base and turns at a quarter and three quarters of the period', () => {
    expect(valuesAt({ ...signal, profile: 'sine_wave' }, [0, 15, 30, 45, 60])).toEqual([100, 120, 100, 80, 100])
  })

  test('a sawtooth rises from the low end and falls back at the period', () => {
    expect(valuesAt({ ...signal, profile: 'sawtooth' }, [0, 30, 59.999, 60])).toEqual([80, 100, 119.999, 80])
  })

  test('a step is low in even periods and high in odd ones', () => {
    expect(valuesAt({ ...signal, profile: 'step' }, [0, 59, 60, 119, 120])).toEqual([80, 80, 120, 120, 80])
  })

  test('a constant is its base', () => {
    expect(valuesAt({ ...signal, profile: 'constant' }, [0, 17])).toEqual([100, 100])
  })

  test('is a sine for a profile that is not known', () => {
    const simulation = { ...signal, profile: 'triangle' } as unknown as Simulation // what plain JavaScript could say
    expect(valuesAt(simulation, [15])).toEqual([120])
  })
})

describe('a random walk', () => {
  const everySecond = Array.from({ length: 5000 }, (_, second) => second)
  const walk = valuesAt({ ...signal, profile: 'random_walk' }, everySecond)

  test('starts at its base and stays between its extremes', () => {
    expect(walk[0]).toBe(100)
    expect(Math.min(...walk)).toBeGreaterThanOrEqual(80)
    expect(Math.max(...walk)).toBeLessThanOrEqual(120)
  })

  test('takes small steps, yet gets around', () => {
    const steps = walk.slice(1).map((value, index) => Math.abs(value - (walk[index] ?? 0)))
    expect(Math.max(...steps)).toBeLessThan(5)
    expect(Math.max(...walk) - Math.min(...walk)).toBeGreaterThan(30)
  })

  test('remembers where it was: neighbours are alike, distant values are not', () => {
    const change = (lag: number): number =>
      walk.slice(lag).reduce((sum, value, index) => sum + (value - (walk[index] ?? 0)) ** 2, 0) / (walk.length - lag)
    expect(change(1) * 20).toBeLessThan(change(100))
  })
})

test('is the same again for the same instance, and another signal for another one', () => {
  const noisy: Partial<Simulation> = { ...signal, profile: 'random_walk', noise: 2 }
  expect(valuesAt(noisy, [0, 1, 2])).toEqual(valuesAt(noisy, [0, 1, 2]))
  expect(valuesAt(noisy, [0, 1, 2])).not.toEqual(valuesAt(noisy, [0, 1, 2], 'Reactor 2'))
})

test('clamps noise to the range and rounds to three decimals', () => {
  const channel = aChannel({ profile: 'constant', base: 50, noise: 40 }, { minValue: 0, maxValue: 60 })
  const demo = new ChannelSimulation(channel, 'Reactor')
  const values = Array.from({ length: 500 }, (_, second) => demo.valueAt(second))
  expect(Math.min(...values)).toBe(0)
  expect(Math.max(...values)).toBe(60)
  for (const value of values) expect(Math.round(value * 1000) / 1000).toBe(value)
})
