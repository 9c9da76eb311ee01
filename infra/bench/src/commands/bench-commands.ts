import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, nowMicros, parseTime } from '@webmacs/contracts'
import modbusSerial from 'modbus-serial'
import { percentile } from '../latency/percentiles.ts'
import { describeRun } from '../machine.ts'
import { report } from '../report.ts'
import { type BenchSite, startProgram, startSite } from '../site.ts'
import { type CommandPlant, OUTPUTS, startCommandPlant } from './plant.ts'

const COMMANDS = 500
const WARM_UP = 50
const PEER = fileURLToPath(new URL('./peer.ts', import.meta.url))

/** From the request to the read-back of a Modbus device, beside the bare write and read of the same device and a bare NATS request. */
export async function benchCommands(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'webmacs-bench-controller-'))
  await using cleaning = new AsyncDisposableStack()
  cleaning.defer(() => rm(dataDir, { recursive: true, force: true }))
  await using site = await startSite()
  await using peer = await startProgram(PEER, [site.natsUrl])
  const target = await site.createDatabase('commands')
  const run = await describeRun(site.bus, target.database)
  const devicePort = peer.ports.http
  const limits = [
    times('bare Modbus write and read', await bareModbus(devicePort)),
    times('bare NATS request', await bareRequests(site)),
  ]
  await using plant = await startCommandPlant(site, target, { dataDir, devicePort })
  await sendCommands(plant, { count: WARM_UP, atOnce: OUTPUTS })
  const single = await sendCommands(plant, { count: COMMANDS, atOnce: 1 })
  const four = await sendCommands(plant, { count: COMMANDS, atOnce: OUTPUTS })
  await report({
    name: 'commands',
    title: 'commands',
    run,
    columns: ['what', 'p50, ms', 'p95, ms', 'p99, ms', 'worst, ms'],
    rows: [
      ...limits,
      times('one after another', totals(single)),
      ...PARTS.map((part) =>
        times(
          `– of that: ${part}`,
          single.map((parts) => parts[part]),
        ),
      ),
      times(`${OUTPUTS} at a time`, totals(four)),
      ...PARTS.map((part) =>
        times(
          `– of that: ${part}`,
          four.map((parts) => parts[part]),
        ),
      ),
    ],
    notes: `${COMMANDS} commands each by POST /commands, until the answer "confirmed" is read; ${OUTPUTS} at a time go to ${OUTPUTS} registers of one device, whose line takes
one request after another. The bar is p95 of 30 ms. The parts are between the times of the command's transitions: until the controller has accepted (HTTP,
two statements, the request over the broker), until the device has it (commands.db with fsync, the plugin's process, Modbus write), until the
read-back, until the answer is there (broker, one statement, HTTP). fsync and synchronous commit are on; all share the cores.`,
  })
}

const PARTS = ['accepted', 'written', 'confirmed', 'answered'] as const
type Parts = Readonly<Record<(typeof PARTS)[number], number>>

const totals = (samples: readonly Parts[]): number[] =>
  samples.map((parts) => PARTS.reduce((sum, part) => sum + parts[part], 0))

function times(name: string, samples: readonly number[]): string[] {
  return [name, ...[0.5, 0.95, 0.99, 1].map((share) => percentile(samples, share).toFixed(1))]
}

/** Each of those at once has an output of its own. */
async function sendCommands(
  plant: CommandPlant,
  { count, atOnce }: { count: number; atOnce: number },
): Promise<Parts[]> {
  const lanes = Array.from({ length: atOnce }, async (_, lane) => {
    const samples: Parts[] = []
    for (let turn = 0; turn < count / atOnce; turn++) {
      const sentAt = nowMicros()
      const { status, body } = await plant.post('/commands', { event_public_id: plant.events[lane], value: turn % 100 })
      if (status !== 201 || body.state !== 'confirmed') throw new Error(`not confirmed: ${JSON.stringify(body)}`)
      samples.push(partsOf(body, sentAt, nowMicros()))
    }
    return samples
  })
  return (await Promise.all(lanes)).flat()
}

function partsOf({ transitions }: Command, sentAt: number, answeredAt: number): Parts {
  const at = (state: string): number => {
    const transition = transitions.findLast((one) => one.state === state)
    const time = transition && parseTime(transition.time)
    if (time === undefined) throw new Error(`never ${state}`)
    return time
  }
  const moments = [sentAt, at('accepted'), at('written'), at('confirmed'), answeredAt]
  const [accepted = 0, written = 0, confirmed = 0, answered = 0] = moments
    .slice(1)
    .map((moment, index) => (moment - (moments[index] ?? 0)) / 1000)
  return { accepted, written, confirmed, answered }
}

async function bareModbus(port: number | undefined): Promise<number[]> {
  const client = new modbusSerial.default() // CommonJS, whose types name the class so
  await client.connectTCP('127.0.0.1', { port: port ?? 0 })
  client.setID(1)
  const samples = await repeat(async (turn) => {
    await client.writeRegister(0, turn % 100)
    await client.readHoldingRegisters(0, 1)
  })
  client.close(() => undefined)
  return samples
}

const bareRequests = ({ bus }: BenchSite): Promise<number[]> =>
  repeat(async () => void (await bus.nc.request('bench.echo', JSON.stringify({ value: 1 }))))

async function repeat(act: (turn: number) => Promise<void>): Promise<number[]> {
  const samples: number[] = []
  for (let turn = 0; turn < COMMANDS + WARM_UP; turn++) {
    const startedMs = performance.now()
    await act(turn)
    if (turn >= WARM_UP) samples.push(performance.now() - startedMs)
  }
  return samples
}
