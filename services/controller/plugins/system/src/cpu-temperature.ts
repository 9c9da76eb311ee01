import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Whose temperature is the processor's, best first; without one of them any sensor is taken. */
const PROCESSOR_SENSORS = ['coretemp', 'cpu_thermal', 'cpu-thermal', 'soc_thermal', 'k10temp', 'zenpower']

/** °C, or undefined where there is no sensor. */
export type TemperatureSource = () => Promise<number | undefined>

/** @returns a source for this platform; on Linux files of the kernel, elsewhere what systeminformation finds */
export async function findTemperatureSource(platform = process.platform, sysfs = '/sys'): Promise<TemperatureSource> {
  if (platform === 'linux') return linuxSource(sysfs)
  const { cpuTemperature } = await import('systeminformation/lib/cpu.js')
  return async () => (await cpuTemperature()).main ?? undefined
}

async function linuxSource(sysfs: string): Promise<TemperatureSource> {
  const sensors = [...(await hwmonSensors(sysfs)), ...(await thermalZones(sysfs))]
  const file = sensors.sort((a, b) => rank(a.name) - rank(b.name))[0]?.file
  if (file === undefined) return () => Promise.resolve(undefined)
  return async () => {
    const milliDegrees = Number((await readFile(file, 'utf8')).trim())
    return Number.isFinite(milliDegrees) ? milliDegrees / 1000 : undefined
  }
}

interface Sensor {
  readonly name: string
  readonly file: string
}

const rank = (name: string): number => {
  const position = PROCESSOR_SENSORS.indexOf(name)
  return position < 0 ? PROCESSOR_SENSORS.length : position
}

async function hwmonSensors(sysfs: string): Promise<Sensor[]> {
  const root = join(sysfs, 'class/hwmon')
  const found = await Promise.all(
    (await entries(root)).map(async (device): Promise<Sensor[]> => {
      const input = (await entries(join(root, device))).filter((file) => /^temp\d+_input$/.test(file)).sort()[0]
      const name = await text(join(root, device, 'name'))
      return input === undefined || name === undefined ? [] : [{ name, file: join(root, device, input) }]
    }),
  )
  return found.flat()
}

async function thermalZones(sysfs: string): Promise<Sensor[]> {
  const root = join(sysfs, 'class/thermal')
  const zones = (await entries(root)).filter((zone) => zone.startsWith('thermal_zone'))
  const found = await Promise.all(
    zones.map(async (zone): Promise<Sensor[]> => {
      const name = await text(join(root, zone, 'type'))
      return name === undefined ? [] : [{ name, file: join(root, zone, 'temp') }]
    }),
  )
  return found.flat()
}

/** A folder that is not there (containers, virtual machines) has no sensors. */
async function entries(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (err) {
    if (isAbsent(err)) return []
    throw err
  }
}

async function text(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (err) {
    if (isAbsent(err)) return undefined
    throw err
  }
}

const isAbsent = (err: unknown): boolean =>
  err instanceof Error && 'code' in err && ['ENOENT', 'ENOTDIR', 'EACCES'].includes(String(err.code))
