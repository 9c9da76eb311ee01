import type { ChannelDefinition, Simulation } from '@webmacs/plugin-sdk'

export type Metric =
  | 'cpu_percent'
  | 'memory_percent'
  | 'memory_used_gb'
  | 'disk_percent'
  | 'disk_used_gb'
  | 'load_avg_1m'
  | 'cpu_temp'

const metric = (
  id: Metric,
  name: string,
  unit: string,
  maxValue: number,
  simulation: Partial<Simulation>,
): ChannelDefinition => ({ id, name, direction: 'input', unit, minValue: 0, maxValue, simulation })

export const CHANNELS: readonly ChannelDefinition[] = [
  metric('cpu_percent', 'CPU Usage', '%', 100, {
    profile: 'sine_wave',
    base: 35,
    amplitude: 25,
    periodSeconds: 60,
    noise: 3,
  }),
  metric('memory_percent', 'Memory Usage', '%', 100, { profile: 'random_walk', base: 55, amplitude: 10, noise: 1 }),
  metric('memory_used_gb', 'Memory Used', 'GB', 128, { profile: 'random_walk', base: 4, amplitude: 1.5, noise: 0.1 }),
  metric('disk_percent', 'Disk Usage', '%', 100, { profile: 'constant', base: 42, noise: 0.1 }),
  metric('disk_used_gb', 'Disk Used', 'GB', 10_000, { profile: 'constant', base: 120, noise: 0.5 }),
  metric('load_avg_1m', 'Load Average (1 min)', 'load', 256, {
    profile: 'random_walk',
    base: 1.2,
    amplitude: 0.8,
    noise: 0.1,
  }),
  metric('cpu_temp', 'CPU Temperature', '°C', 110, {
    profile: 'sine_wave',
    base: 55,
    amplitude: 10,
    periodSeconds: 120,
    noise: 0.5,
  }),
]
