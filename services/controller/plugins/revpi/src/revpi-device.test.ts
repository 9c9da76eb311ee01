import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { setBit, setWatchdog } from './device-control.ts'
import { plugin } from './index.ts'
import { PICTORY } from './pictory.fixture.ts'
import { IMAGE_BYTES, parsePictory } from './pictory.ts'

const GUIDE = new URL('../../../../../docs/guides/drivers/revpi.md', import.meta.url)
const signal = AbortSignal.timeout(60_000)
let folder: string
let config: { configrsc: string; device: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'revpi-'))
  config = { configrsc: join(folder, 'config.rsc'), device: join(folder, 'piControl0') }
  await writeFile(config.configrsc, JSON.stringify(PICTORY))
})
beforeEach(() => writeFile(config.device, Buffer.alloc(IMAGE_BYTES)))
afterAll(() => rm(folder, { recursive: true }))

describe('conformance', () =>
  describeConformance(plugin, test, {
    device: () => config,
    unreachable: () => ({ ...config, device: join(folder, 'nowhere') }),
  }))

async function aDevice(more: object = {}) {
  const device = await createTestDevice(plugin, { config: { ...config, ...more } })
  await device.connect(signal)
  const value = async (channel: string) => (await device.read([channel], signal))[0]?.value
  return { device, value, image: () => readFile(config.device) }
}

async function writeImage(change: (image: Buffer) => void): Promise<void> {
  const image = await readFile(config.device)
  change(image)
  await writeFile(config.device, image)
}

test('finds what piCtory configured, in order, without base device, memory and blocks', () => {
  const variables = parsePictory(JSON.stringify(PICTORY), [])
  expect(variables.map(({ name }) => name)).toEqual([
    ...Array.from({ length: 14 }, (_, index) => `I_${index + 1}`),
    'Counter_1',
    ...Array.from({ length: 14 }, (_, index) => `O_${index + 1}`),
    ...['RTDValue_1', 'InputValue_1', 'OutputValue_1'],
  ])
  expect(variables.find(({ name }) => name === 'I_10')).toMatchObject({ byte: 12, bit: 1 })
  expect(variables.find(({ name }) => name === 'O_1')).toMatchObject({ byte: 81, bit: 0 })
  expect(parsePictory(JSON.stringify(PICTORY), ['RevPi Connect']).map(({ name }) => name)).toEqual([
    'RevPiStatus',
    'RevPiLED',
  ])
})

test('describes its channels as the file does', async () => {
  const { device } = await aDevice()
  const channel = (id: string) => device.channels.find((one) => one.id === id)
  expect(channel('RevPi DIO__I_1')).toMatchObject({
    name: 'RevPi DIO / I_1',
    direction: 'input',
    unit: 'bool',
    maxValue: 1,
    dataType: 'bool',
  })
  expect(channel('RevPi DIO__O_3')).toMatchObject({ direction: 'output', safeValue: 0, readback: true })
  expect(channel('RevPi DIO__Counter_1')).toMatchObject({ unit: 'raw', maxValue: 2 ** 32 - 1 })
  expect(channel('RevPi AIO__RTDValue_1')).toMatchObject({ unit: '°C', minValue: -32_768, maxValue: 32_767 })
  expect(channel('RevPi AIO__OutputValue_1')).toMatchObject({ unit: 'mA' })
})

test('reads bits, counters and signed numbers', async () => {
  await writeImage((image) => {
    image.writeUInt8(0b10, 12) // I_10
    image.writeUInt32LE(70_000, 17)
    image.writeInt16LE(-215, 120)
  })
  const { value } = await aDevice({ scalings: [{ name: 'RTDValue_1', scale: 0.1, unit: '°C' }] })
  expect(await value('RevPi DIO__I_9')).toBe(0)
  expect(await value('RevPi DIO__I_10')).toBe(1)
  expect(await value('RevPi DIO__Counter_1')).toBe(70_000)
  expect(await value('RevPi AIO__RTDValue_1')).toBeCloseTo(-21.5)
})

test('sets one output and leaves its neighbours alone', async () => {
  await writeImage((image) => {
    image.writeUInt8(0b1000_0001, 81)
    image.writeUInt8(77, 139)
    image.writeUInt8(88, 142)
  })
  const { device, image } = await aDevice()
  expect(await device.write('RevPi DIO__O_3', 1, signal)).toMatchObject({ readback: 1 })
  expect((await image()).readUInt8(81)).toBe(0b1000_0101)
  expect(await device.write('RevPi AIO__OutputValue_1', 1234.4, signal)).toMatchObject({
    written: 1234,
    readback: 1234,
  })
  expect((await image()).subarray(139, 143)).toEqual(Buffer.from([77, 0xd2, 0x04, 88]))
  await device.applySafeState(signal)
  expect((await image()).readUInt8(81)).toBe(0)
})

test('says what is wrong with the file, or where it looked', async () => {
  await writeFile(join(folder, 'broken.rsc'), '{"Devices": 7}')
  await expect(
    createTestDevice(plugin, { config: { ...config, configrsc: join(folder, 'broken.rsc') } }),
  ).rejects.toThrow('broken.rsc is no piCtory file: it has no list "Devices"')
  const missing = await createTestDevice(plugin, { config: { ...config, configrsc: '/nowhere.rsc' } })
  await expect(missing.connect(signal)).rejects.toThrow('there is no piCtory file (/nowhere.rsc)')
})

test('makes its calls to the driver for real: a file that is none says so', async () => {
  const { device } = await aDevice({ watchdog_ms: 1000 })
  expect(device.watchdog).toBeUndefined()
  expect(setWatchdog(0, 1000)).toBe(false)
  expect(() => setBit(-1, 0, 0, 1)).toThrow('did not set a bit (error 9)')
})

test('takes the configuration that the guide shows', async () => {
  const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(await readFile(GUIDE, 'utf8'))?.[1] ?? '')
  const { device } = await aDevice({ ...example, ...config })
  const channel = device.channels.find(({ id }) => id === 'RevPi AIO__RTDValue_1')
  expect(channel?.unit).toBe('°C')
  expect(channel?.maxValue).toBeCloseTo(3276.7)
})
