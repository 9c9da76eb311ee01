import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bus, request } from '@webmacs/bus'
import {
  CommandReport,
  type CommandRequest,
  type DesiredInstance,
  formatTime,
  newId,
  nowMicros,
  type OutputPolicy,
} from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { until } from '@webmacs/testing'
import { type Site, startSite } from './site.ts'

const COMMAND_PLUGINS = fileURLToPath(new URL('command-plugins', import.meta.url))
export const CONTROLLER = 'lab-1'
/** Beyond what the slow output takes. */
const ENVIRONMENT = { PLUGIN_FOLDERS: JSON.stringify([COMMAND_PLUGINS]), DEVICE_READ_TIMEOUT_MS: '10000' }

export interface RigOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Output → its policy. */
  readonly policies?: Readonly<Record<string, OutputPolicy>>
  /** How long a write to the slow output takes. */
  readonly slowMs?: number
}

/** A site with one rig whose outputs can be set, and an ear on what is told of commands. */
export interface Rig extends AsyncDisposable {
  readonly site: Site
  readonly instance: DesiredInstance
  /** Reports that were told, in order of arrival. */
  readonly told: readonly CommandReport[]
  toldOf(command: CommandRequest): CommandReport | undefined
  /** What was done to the device. */
  record(): Promise<string[]>
  untilConnected(): Promise<void>
  command(channel: string, value: number, overrides?: Partial<CommandRequest>): CommandRequest
  /** Sends a command as api does. */
  send(command: CommandRequest): Promise<CommandReport>
  /** A command that is sent, and its answer. */
  set(channel: string, value: number, overrides?: Partial<CommandRequest>): Promise<CommandReport>
}

/** Starts a site without a controller; its environment is for the rig's plugin. */
export async function startRig({ environment = {}, policies = {}, slowMs = 500 }: RigOptions = {}): Promise<Rig> {
  await using starting = new AsyncDisposableStack()
  const site = starting.use(await startSite({ environment: { ...ENVIRONMENT, ...environment } }))
  const record = join(site.environment.WEBMACS_DATA_DIR ?? '', 'record')
  const instance = await site.want({
    name: 'Rig',
    plugin: 'rig',
    config: { record, slowMs },
    channels: ['valve', 'slow', 'stuck', 'silent', 'blind'].map((channel) => ({
      channel,
      event: newId('evt'),
      direction: 'output',
      settings: { output: { verify_within_ms: 1000, ...policies[channel] } },
    })),
  })
  const told = listen(site.bus)
  const command = (channel: string, value: number, overrides: Partial<CommandRequest> = {}): CommandRequest => ({
    id: newId('cmd'),
    instance: instance.instance,
    channel,
    event: instance.channels.find((one) => one.channel === channel)?.event ?? null,
    value,
    requested_by: { kind: 'user', id: newId('usr'), name: 'Ada' },
    requested_on: formatTime(nowMicros()),
    expires_at: formatTime(nowMicros() + 10_000_000),
    answer_within_ms: 10_000,
    ...overrides,
  })
  const send = (wanted: CommandRequest): Promise<CommandReport> =>
    request(site.bus, site.bus.names.subjects.commands(CONTROLLER), wanted, CommandReport, { timeoutMs: 15_000 })
  const rig = {
    site,
    instance,
    told,
    toldOf: ({ id }: CommandRequest) => told.findLast((report) => report.id === id),
    record: async () => (await readFile(record, 'utf8')).trim().split('\n'),
    untilConnected: async () => {
      await until('the rig is connected', async () => (await site.reported(instance))?.status === 'connected')
    },
    command,
    send,
    set: (channel: string, value: number, overrides: Partial<CommandRequest> = {}) =>
      send(command(channel, value, overrides)),
  }
  const running = starting.move()
  return { ...rig, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

function listen(bus: Bus): CommandReport[] {
  const told: CommandReport[] = []
  const validate = createValidator(CommandReport, 'report')
  bus.nc.subscribe(bus.names.subjects.allCommandReports, {
    callback: (_err, message) => {
      const result = validate(message.json())
      if (!result.ok) throw new Error(JSON.stringify(result.errors))
      told.push(result.value)
    },
  })
  return told
}
