import {
  type Channel,
  type ChannelDefinition,
  ConfigError,
  ConnectionError,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
  NotWritableError,
  type QualifiedValue,
} from '@webmacs/plugin-sdk'
import { CONFIG_SCHEMA, type NodeConfig, type OpcuaConfig } from './config.ts'
import type { OpcuaConnection } from './opcua-connection.ts'

/** Nodes are subscribed and pushed as they change; writable ones are set, and read when they are asked for. */
class OpcuaDevice extends DevicePlugin<OpcuaConfig> {
  readonly #nodes: ReadonlyMap<string, NodeConfig> = new Map(this.config.nodes.map((node) => [node.id, node]))
  #connection: OpcuaConnection | undefined

  protected override async connectDevice(signal: AbortSignal): Promise<void> {
    await this.disconnectDevice(signal)
    // The library takes 70 MB: whoever only looks at the schema or at demo values does without.
    const { OpcuaConnection } = await import('./opcua-connection.ts')
    const early = new Map<string, () => void>()
    const listener = {
      value: (node: NodeConfig, value: QualifiedValue, ageMs: number) => {
        const push = (): void => this.push({ [node.id]: value }, ageMs)
        early.delete(node.id)
        if (this.state === 'connected') push()
        else early.set(node.id, push)
      },
      lost: (err: Error) => this.lost(err),
    }
    this.#connection = await OpcuaConnection.open({ config: this.config, log: this.log, listener }, signal)
    await this.#connection.subscribe(
      this.config.nodes.filter(({ writable }) => !writable),
      signal,
    )
    // What the server sent so far came before this instance counts as connected, and would be lost.
    setImmediate(() => {
      for (const push of early.values()) push()
    })
  }

  protected override async disconnectDevice(signal: AbortSignal): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close(signal)
  }

  /** Only outputs are asked for; the others are pushed. */
  protected override readDevice(channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings> {
    const nodes = channels.flatMap(({ id }) => this.#nodes.get(id) ?? [])
    return this.#connected().read(nodes, signal)
  }

  protected override writeDevice({ id }: Channel, raw: number, signal: AbortSignal): Promise<number | undefined> {
    const node = this.#nodes.get(id)
    if (node === undefined) throw new NotWritableError(id)
    return this.#connected().write(node, raw, signal)
  }

  #connected(): OpcuaConnection {
    if (this.#connection === undefined) throw new ConnectionError('the server is not connected')
    return this.#connection
  }
}

/** @throws ConfigError for settings that contradict each other */
function refuseContradictions({ security_policy, security_mode, authentication, ...config }: OpcuaConfig): void {
  if ((security_policy === 'None') !== (security_mode === 'none'))
    throw new ConfigError('security_policy None and security_mode none go together, and only with each other')
  if (authentication === 'user' && config.username === '') throw new ConfigError('the login user needs a username')
  if (authentication === 'certificate' && (config.certificate === '' || config.private_key === ''))
    throw new ConfigError('the login certificate needs certificate and private_key')
}

const channelOf = (node: NodeConfig): ChannelDefinition => ({
  id: node.id,
  name: node.name || node.id,
  unit: node.unit,
  minValue: node.min,
  maxValue: node.max,
  dataType: node.data_type,
  readConversion: { type: 'linear', scale: node.scale, offset: node.offset },
  ...(node.writable
    ? {
        direction: 'output',
        writeConversion: { type: 'linear', scale: node.scale, offset: node.offset },
        safeValue: node.safe_value,
        readback: true,
      }
    : {
        direction: 'input',
        pushed: true,
        simulation: { profile: 'sine_wave', base: (node.min + node.max) / 2, amplitude: (node.max - node.min) / 4 },
      }),
})

export const plugin = definePlugin<OpcuaConfig>({
  meta: {
    id: 'opcua',
    name: 'OPC UA',
    version: '0.1.0',
    vendor: 'WebMACS',
    description: 'Values of an OPC UA server, as PLCs and many instruments have one',
    protocol: 'opcua',
    tags: ['network', 'plc', 'opcua'],
  },
  configSchema: CONFIG_SCHEMA,
  channels: (config) => {
    refuseContradictions(config)
    return config.nodes.map(channelOf)
  },
  create: (context) => new OpcuaDevice(context),
})
