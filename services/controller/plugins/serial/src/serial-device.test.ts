import { readFile } from 'node:fs/promises'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { openPtyPair, type PtyPair } from '@webmacs/testing/pty'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plugin } from './index.ts'

const GUIDE = new URL('../../../../../docs/guides/drivers/serial.md', import.meta.url)
const signal = AbortSignal.timeout(120_000)

/** A scale with a pump on one line, as the guide configures them. */
class Scale implements Disposable {
  readonly #pair: PtyPair = openPtyPair()
  readonly asked: string[] = []
  weight = '12.345'
  speed = '0.0'
  isSilent = false

  constructor() {
    let line = ''
    this.#pair.peer.on('error', () => undefined)
    this.#pair.peer.on('data', (bytes: Buffer | string) => {
      line += bytes.toString()
      for (let end = line.indexOf('\r\n'); end >= 0; end = line.indexOf('\r\n')) {
        this.#answer(line.slice(0, end))
        line = line.slice(end + 2)
      }
    })
  }

  get path(): string {
    return this.#pair.path
  }

  say(text: string): void {
    this.#pair.peer.write(text)
  }

  [Symbol.dispose](): void {
    this.#pair[Symbol.dispose]()
  }

  #answer(request: string): void {
    this.asked.push(request)
    if (this.isSilent) return
    if (request === 'SI') this.say(`S 1   ${this.weight} g\r\n`)
    else if (request.startsWith('SP ')) {
      this.speed = request.slice(3)
      this.say(`OK ${this.speed}\r\n`)
    } else this.say('ES\r\n')
  }
}

async function guideConfig(): Promise<object> {
  return JSON.parse(/```json\n([\s\S]*?)```/.exec(await readFile(GUIDE, 'utf8'))?.[1] ?? '')
}

let scale: Scale
let config: object
beforeAll(async () => {
  scale = new Scale()
  config = { ...(await guideConfig()), path: scale.path }
})
afterAll(() => scale[Symbol.dispose]())

describe('conformance', () =>
  describeConformance(plugin, test, { device: () => config, unreachable: { path: '/dev/there-is-no-such-port' } }))

async function aDevice(changes: object = {}) {
  const device = await createTestDevice(plugin, { config: { ...config, ...changes } })
  await device.connect(signal)
  return device
}

test('asks once for all that is in an answer', async () => {
  const device = await aDevice()
  scale.asked.length = 0
  expect(await device.read(['weight', 'is_stable'], signal)).toEqual([
    { channel: 'weight', value: 12.345, quality: [] },
    { channel: 'is_stable', value: 1, quality: [] },
  ])
  expect(scale.asked).toEqual(['SI'])
  await device.disconnect(signal)
})

test('sets an output and reads back what the device says', async () => {
  const device = await aDevice()
  expect(await device.write('pump', 33.33, signal)).toMatchObject({ written: 33.33, readback: 33.3 })
  await device.disconnect(signal)
  expect(scale.speed).toBe('0.0')
})

test('marks a channel whose number is missing, and only that', async () => {
  const device = await aDevice()
  scale.weight = '------'
  expect(await device.read(['weight', 'is_stable'], signal)).toMatchObject([{ value: null }, { value: 1 }])
  scale.weight = '12.345'
  await device.disconnect(signal)
})

test('gives up on a silent device in time, and goes on when it speaks again', async () => {
  const device = await aDevice({ timeout_seconds: 0.1 })
  scale.isSilent = true
  await expect(device.read(['weight'], signal)).rejects.toMatchObject({ code: 'timeout' })
  scale.isSilent = false
  scale.say('S 1   99.999 g\r\n') // too late for the one who asked
  await expect.poll(async () => (await device.read(['weight'], signal))[0]?.value).toBe(12.345)
  await device.disconnect(signal)
})

test('takes what a device sends by itself', async () => {
  const device = await aDevice({ mode: 'push', outputs: [] })
  const heard: (number | null)[] = []
  const three = Promise.withResolvers<void>()
  device.listen({
    pushed: (readings) => {
      heard.push(...readings.filter(({ channel }) => channel === 'weight').map(({ value }) => value))
      if (heard.length === 3) three.resolve()
    },
    lost: three.reject,
  })
  scale.say('S 1   1.5 g\r\nnoise\r\nS 1   2.5 g\r\nS 1  ')
  scale.say(' -3.5 g\r\n')
  await three.promise
  expect(heard).toEqual([1.5, 2.5, -3.5])
  await device.disconnect(signal)
})

test('says that the port is gone when it is unplugged', async () => {
  const unplugged = new Scale()
  const device = await aDevice({ path: unplugged.path })
  unplugged[Symbol.dispose]()
  await expect(device.read(['weight'], signal)).rejects.toMatchObject({ code: 'connection' })
  expect(device.state).toBe('error')
  await device.disconnect(signal)
})

test('says which pattern is none', async () => {
  const channels = [{ id: 'weight', pattern: '(' }]
  await expect(createTestDevice(plugin, { config: { channels } })).rejects.toThrow(
    'the pattern of "weight" is no regular',
  )
})
