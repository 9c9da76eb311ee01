import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeConformance } from './conformance/conformance.ts'
import { plugin } from './tank.example.ts'
import { createTestDevice } from './testing.ts'

const signal = AbortSignal.timeout(20_000)
const GUIDE = new URL('../../../docs/guides/write-a-driver.md', import.meta.url)

let tank: Server
let url: string
const state = { level: 1730, pump: true }

beforeEach(async () => {
  tank = createServer((request, response) => {
    if (request.url === '/state') response.end(JSON.stringify(state))
    else request.on('data', (body) => response.end(String(body)))
  }).listen(0, '127.0.0.1')
  await once(tank, 'listening')
  url = `http://127.0.0.1:${(tank.address() as AddressInfo).port}`
})
afterEach(() => void tank.close())

describe('conformance', () => describeConformance(plugin, test))

test('reads and writes the device', async () => {
  const device = await createTestDevice(plugin, { config: { url } })
  await device.connect(signal)
  expect(await device.read(['level', 'pump'], signal)).toEqual([
    { channel: 'level', value: 1.73, quality: [] },
    { channel: 'pump', value: 1, quality: [] },
  ])
  expect(await device.write('pump', 0, signal)).toMatchObject({ written: 0, readback: 0 })
})

test('says that the device is away', async () => {
  const device = await createTestDevice(plugin, { config: { url: 'http://127.0.0.1:9' } })
  await device.connect(signal)
  await expect(device.read(['level'], signal)).rejects.toThrow('the tank cannot be reached')
  expect(device.state).toBe('error')
})

test('is the example that the guide shows', async () => {
  const example = await readFile(new URL('tank.example.ts', import.meta.url), 'utf8')
  expect(await readFile(GUIDE, 'utf8')).toContain(example.replace("'./index.ts'", "'@webmacs/plugin-sdk'").trim())
})
