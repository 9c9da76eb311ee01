import { describe, expect, test } from 'vitest'
import { ConnectionError, InvalidValueError, NotWritableError, UnknownChannelError, WrongStateError } from './errors.ts'
import type { DeviceReadings } from './reading.ts'
import { aBench, aDriver, BENCH_CHANNELS } from './test-drivers.fixture.ts'
import { createTestDevice, FakeClock, type TestInstanceOptions } from './testing.ts'

const { signal } = new AbortController()

async function connected(bench = aBench(), options: TestInstanceOptions = {}, channels = BENCH_CHANNELS) {
  const device = await createTestDevice(aDriver(bench, channels), options)
  await device.connect(signal)
  return device
}

describe('life cycle', () => {
  test('goes from configured over connected to disconnected, with the configuration and its defaults', async () => {
    const bench = aBench()
    const device = await createTestDevice(aDriver(bench), { config: { host: 'plc-1' } })
    expect(device.state).toBe('configured')
    await device.connect(signal)
    expect(device.state).toBe('connected')
    await device.disconnect(signal)
    expect(device.state).toBe('disconnected')
    expect(bench.calls).toEqual(['connect plc-1:502', 'write valve 500', 'disconnect'])
  })

  test('is in error after a failed connect, says why, and may connect again', async () => {
    let reachable = false
    const connect = () => (reachable ? Promise.resolve() : Promise.reject(new ConnectionError('no route')))
    const device = await createTestDevice(aDriver(aBench({ connect })))
    await expect(device.connect(signal)).rejects.toThrow('no route')
    expect(device.health).toMatchObject({ state: 'error', healthy: false, errorCount: 1, lastError: 'no route' })
    reachable = true
    await device.connect(signal)
    expect(device.health).toMatchObject({ state: 'connected', healthy: true, errorCount: 0, lastError: undefined })
  })

  test('lets the device go after a failed connect, and does not write to what it never reached', async () => {
    const bench = aBench({ connect: () => Promise.reject(new ConnectionError('no route')) })
    const device = await createTestDevice(aDriver(bench))
    await expect(device.connect(signal)).rejects.toThrow()
    await device.disconnect(signal)
    expect(bench.calls).toEqual(['connect 192.168.1.1:502', 'disconnect'])
  })

  test('refuses to connect twice', async () => {
    const device = await connected()
    await expect(device.connect(signal)).rejects.toThrow(WrongStateError)
  })

  test('disconnects although the device refuses, and only once', async () => {
    const bench = aBench({ disconnect: () => Promise.reject(new Error('stuck')) })
    const device = await connected(bench)
    await device.disconnect(signal)
    await device.disconnect(signal)
    expect(device.state).toBe('disconnected')
    expect(bench.calls.filter((call) => call === 'disconnect')).toHaveLength(1)
  })
})

describe('reading', () => {
  test('reads all that the device knows in one call, in engineering units', async () => {
    const bench = aBench()
    const device = await connected(bench)
    expect(await device.read(['temperature', 'valve', 'mode'], signal)).toEqual([
      { channel: 'temperature', value: 23.5, quality: [] },
      { channel: 'mode', value: 2, quality: [] },
    ])
    expect(bench.calls.at(-1)).toBe('read temperature mode')
  })

  test('gives for an output what it was set to, and asks the device where it has a read-back', async () => {
    const device = await connected()
    await device.write('valve', 42, signal)
    expect(await device.read(['valve'], signal)).toEqual([{ channel: 'valve', value: 42, quality: [] }])
    const asking = await connected(aBench(), {}, [
      { ...BENCH_CHANNELS[1], id: 'valve', name: 'Valve', direction: 'output', unit: '%', readback: true },
    ])
    expect(await asking.read(['valve'], signal)).toEqual([{ channel: 'valve', value: 0, quality: [] }])
  })

  test('refuses unknown channels and other states', async () => {
    const device = await connected()
    await expect(device.read(['ghost'], signal)).rejects.toThrow(UnknownChannelError)
    await device.disconnect(signal)
    await expect(device.read(['temperature'], signal)).rejects.toThrow(WrongStateError)
  })

  test('counts failures and passes them on; a lost connection makes the state error', async () => {
    const failures = [new Error('checksum'), new ConnectionError('cable pulled')]
    const device = await connected(aBench({ read: () => Promise.reject(failures.shift()) }))
    await expect(device.read(['temperature'], signal)).rejects.toThrow('checksum')
    expect(device.health).toMatchObject({ state: 'connected', errorCount: 1, lastError: 'checksum' })
    await expect(device.read(['temperature'], signal)).rejects.toThrow('cable pulled')
    expect(device.state).toBe('error')
  })
})

describe('pushing', () => {
  const channels = [{ id: 'level', name: 'Level', direction: 'input', unit: '%', pushed: true } as const]

  test('hands on what came while it connected as soon as it is connected, the last of each channel, with its age', async () => {
    const clock = new FakeClock()
    const heard: unknown[] = []
    const connect = async (push: (answer: DeviceReadings, ageMs?: number) => void) => {
      push({ level: 1 })
      push({ level: 2, ghost: 3 }, 50)
      clock.advance(100)
      expect(heard).toEqual([])
    }
    const device = await createTestDevice(aDriver(aBench({ connect }), channels), { clock })
    device.listen({ pushed: (readings, ageMs) => heard.push({ readings, ageMs }), lost: () => undefined })
    await device.connect(signal)
    expect(heard).toEqual([{ readings: [{ channel: 'level', value: 2, quality: [] }], ageMs: 150 }])
  })

  test('forgets what came while it connected in vain', async () => {
    const heard: unknown[] = []
    let isReachable = false
    const connect = async (push: (answer: DeviceReadings) => void) => {
      if (isReachable) return
      push({ level: 1 })
      throw new ConnectionError('no route')
    }
    const device = await createTestDevice(aDriver(aBench({ connect }), channels))
    device.listen({ pushed: (readings) => heard.push(readings), lost: () => undefined })
    await expect(device.connect(signal)).rejects.toThrow('no route')
    isReachable = true
    await device.connect(signal)
    expect(heard).toEqual([])
  })
})

describe('writing', () => {
  test('clamps to the range, converts, and returns the read-back', async () => {
    const bench = aBench()
    const device = await connected(bench)
    expect(await device.write('valve', 140, signal)).toEqual({
      channel: 'valve',
      requested: 140,
      written: 100,
      clamped: true,
      readback: 100,
    })
    expect(bench.registers.valve).toBe(10_000)
  })

  test('shows in the read-back what the device really has', async () => {
    const device = await connected(aBench({ write: () => Promise.resolve(3000) }))
    expect(await device.write('valve', 42, signal)).toMatchObject({ written: 42, readback: 30 })
    expect(await device.read(['valve'], signal)).toEqual([{ channel: 'valve', value: 30, quality: [] }])
  })

  test('has no read-back where the device cannot be asked', async () => {
    const device = await connected(aBench({ write: () => Promise.resolve(undefined) }))
    expect(await device.write('valve', 42, signal)).toMatchObject({ written: 42, readback: undefined })
  })

  test('rounds for a device that has whole numbers only', async () => {
    const bench = aBench()
    await (await connected(bench)).write('mode', 1.4, signal)
    expect(bench.registers.mode).toBe(1)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', async (value) => {
    await expect((await connected()).write('valve', value, signal)).rejects.toThrow(InvalidValueError)
  })

  test('refuses inputs and unknown channels', async () => {
    const device = await connected()
    await expect(device.write('temperature', 1, signal)).rejects.toThrow(NotWritableError)
    await expect(device.write('ghost', 1, signal)).rejects.toThrow(UnknownChannelError)
  })

  test('brings the other outputs to their safe values when one fails', async () => {
    const bench = aBench({ write: (id) => (id === 'valve' ? Promise.reject(new Error('stuck')) : Promise.resolve(1)) })
    const device = await connected(bench, {}, [
      ...BENCH_CHANNELS,
      { id: 'pump', name: 'Pump', direction: 'output', unit: '%', safeValue: 0 },
    ])
    const { applied, failed } = await device.applySafeState(signal)
    expect(applied).toEqual(['pump'])
    expect(failed.map(({ channel }) => channel)).toEqual(['valve'])
  })
})

describe('demo mode', () => {
  test('never touches the device', async () => {
    const bench = aBench()
    const device = await connected(bench, { demoMode: true })
    await device.read(['temperature', 'valve', 'mode'], signal)
    await device.write('valve', 42, signal)
    await device.disconnect(signal)
    expect(bench.calls).toEqual([])
  })

  test('shows engineering values: no conversion applies to them', async () => {
    const device = await connected(aBench(), { demoMode: true })
    expect(await device.read(['temperature'], signal)).toEqual([
      { channel: 'temperature', value: 180, quality: ['simulated'] },
    ])
  })

  test('holds what was written, from the safe value on', async () => {
    const device = await connected(aBench(), { demoMode: true })
    expect(await device.read(['valve'], signal)).toMatchObject([{ value: 5 }])
    expect(await device.write('valve', 140, signal)).toMatchObject({ written: 100, clamped: true, readback: 100 })
    expect(await device.read(['valve'], signal)).toMatchObject([{ value: 100 }])
  })

  test('runs on the clock it is given, from the first reading on', async () => {
    const clock = new FakeClock()
    const sine = { profile: 'sine_wave', base: 100, amplitude: 10, periodSeconds: 60 } as const
    const device = await connected(aBench(), { demoMode: true, clock }, [
      { id: 'wave', name: 'Wave', direction: 'input', unit: '1', maxValue: 200, simulation: sine },
    ])
    clock.advance(12_345)
    expect(await device.read(['wave'], signal)).toMatchObject([{ value: 100 }])
    clock.advance(15_000)
    expect(await device.read(['wave'], signal)).toMatchObject([{ value: 110 }])
  })
})
