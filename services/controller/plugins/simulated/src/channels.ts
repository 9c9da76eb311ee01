import type { ChannelDefinition, Simulation } from '@webmacs/plugin-sdk'
import type { SimulatedConfig } from './config.ts'

const input = (
  id: string,
  name: string,
  unit: string,
  [minValue, maxValue]: readonly [number, number],
  simulation: Partial<Simulation>,
): ChannelDefinition => ({ id, name, direction: 'input', unit, minValue, maxValue, simulation })

const output = (id: string, name: string): ChannelDefinition => ({
  id,
  name,
  direction: 'output',
  unit: '%',
  minValue: 0,
  maxValue: 100,
  safeValue: 0,
})

const wave = (base: number, amplitude: number, periodSeconds: number, noise: number): Partial<Simulation> => ({
  profile: 'sine_wave',
  base,
  amplitude,
  periodSeconds,
  noise,
})

const walk = (base: number, amplitude: number, noise: number): Partial<Simulation> => ({
  profile: 'random_walk',
  base,
  amplitude,
  noise,
})

/** A small reactor: seven sensors, a heater and a valve. */
const REACTOR: readonly ChannelDefinition[] = [
  input('temp_reactor', 'Temperature Reactor', '°C', [20, 500], wave(260, 120, 120, 0.5)),
  input('temp_inlet', 'Temperature Inlet', '°C', [15, 200], wave(100, 40, 90, 0.3)),
  input('temp_outlet', 'Temperature Outlet', '°C', [15, 300], wave(150, 60, 100, 0.4)),
  input('pressure_chamber', 'Pressure Chamber', 'bar', [0, 6], walk(3, 1.5, 0.2)),
  input('pressure_diff', 'Pressure Differential', 'mbar', [0, 100], walk(50, 20, 0.5)),
  input('volume_flow', 'Volume Flow', 'm³/h', [0, 40], {
    profile: 'sawtooth',
    base: 20,
    amplitude: 12,
    periodSeconds: 60,
    noise: 0.8,
  }),
  input('humidity', 'Humidity', '%', [0, 100], wave(55, 15, 300, 1)),
  output('heater_power', 'Heater Power'),
  output('valve_position', 'Valve Position'),
]

const further = (number: number): ChannelDefinition =>
  input(`sensor_${number}`, `Sensor ${number}`, '%', [0, 100], wave(50, 40, 10 + (number % 50), 0.5))

/** The reactor, and as many further sensors as are wanted. A device whose clock is wrong says itself when it measured. */
export function channelsOf({ extra_channels, misbehaviour, outputs }: SimulatedConfig): readonly ChannelDefinition[] {
  const channels = [...REACTOR, ...Array.from({ length: extra_channels }, (_, index) => further(index + 1))]
  const pushed = misbehaviour.clock_skew_seconds !== 0
  const readback = outputs.fault !== 'no_readback'
  return channels.map((channel) => (channel.direction === 'input' ? { ...channel, pushed } : { ...channel, readback }))
}
