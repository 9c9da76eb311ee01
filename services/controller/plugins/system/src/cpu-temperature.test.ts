import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findTemperatureSource } from './cpu-temperature.ts'

let sysfs: string
beforeEach(async () => {
  sysfs = await mkdtemp(join(tmpdir(), 'webmacs-sysfs-'))
})
afterEach(() => rm(sysfs, { recursive: true }))

async function lay(files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(sysfs, path)), { recursive: true })
    await writeFile(join(sysfs, path), content)
  }
}

const read = async () => (await findTemperatureSource('linux', sysfs))()

test('has no value on a machine without sensors', async () => {
  expect(await read()).toBeUndefined()
})

test("takes the processor's first sensor before others", async () => {
  await lay({
    'class/hwmon/hwmon0/name': 'nvme\n',
    'class/hwmon/hwmon0/temp1_input': '38850\n',
    'class/hwmon/hwmon1/name': 'coretemp\n',
    'class/hwmon/hwmon1/temp2_input': '61000\n',
    'class/hwmon/hwmon1/temp1_input': '57000\n',
    'class/thermal/thermal_zone0/type': 'acpitz\n',
    'class/thermal/thermal_zone0/temp': '20000\n',
  })
  expect(await read()).toBe(57)
})

test('finds the sensor of small computers among the thermal zones', async () => {
  await lay({
    'class/thermal/cooling_device0/type': 'fan\n',
    'class/thermal/thermal_zone0/type': 'cpu-thermal\n',
    'class/thermal/thermal_zone0/temp': '48312\n',
  })
  expect(await read()).toBe(48.312)
})

test('takes any sensor where there is none of the processor', async () => {
  await lay({ 'class/hwmon/hwmon0/name': 'nvme\n', 'class/hwmon/hwmon0/temp1_input': '38850\n' })
  expect(await read()).toBe(38.85)
})

test('fails when a sensor that was there goes away', async () => {
  await lay({ 'class/hwmon/hwmon0/name': 'coretemp\n', 'class/hwmon/hwmon0/temp1_input': '38850\n' })
  const source = await findTemperatureSource('linux', sysfs)
  await rm(join(sysfs, 'class'), { recursive: true })
  await expect(source()).rejects.toThrow('ENOENT')
})
