import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import {
  DataType,
  MessageSecurityMode,
  SecurityPolicy,
  type StatusCode,
  StatusCodes,
  VariantArrayType,
} from 'node-opcua-client'
import { OPCUAServer } from 'node-opcua-server'

/** What the server has, below `ns=2;s=`. */
const NODES = {
  'Reactor.Temperature': [DataType.Double, 20],
  'Reactor.Pressure': [DataType.UInt16, 1000],
  'Stirrer.Setpoint': [DataType.Int16, 0],
  'Valve.Open': [DataType.Boolean, false],
  'Heater.Power': [DataType.Float, 0],
  'Counter.Small': [DataType.Byte, 0],
  'Counter.Large': [DataType.UInt32, 0],
  'Counter.Huge': [DataType.Int64, 0],
  Label: [DataType.String, '21.5'],
} as const
export type NodeName = keyof typeof NODES

const POLICIES = [
  SecurityPolicy.None,
  SecurityPolicy.Basic256Sha256,
  SecurityPolicy.Aes128_Sha256_RsaOaep,
  SecurityPolicy.Aes256_Sha256_RsaPss,
]

export interface PlantServer {
  readonly port: number
  readonly url: string
  /** SHA-256. */
  readonly fingerprint: string
  set(name: NodeName, value: number, status?: StatusCode, measuredAt?: Date): void
  stop(): Promise<void>
}

/** A real server: knows the user `lab` with `right`, and whoever shows a certificate. */
export async function startPlant({
  port,
  folder,
  securityPolicies = POLICIES,
}: {
  port: number
  folder: string
  securityPolicies?: SecurityPolicy[]
}): Promise<PlantServer> {
  const certificates = (name: string) =>
    new OPCUACertificateManager({
      rootFolder: join(folder, name),
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    })
  const server = new OPCUAServer({
    port,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    serverCertificateManager: certificates('server'),
    userCertificateManager: certificates('users'),
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    securityPolicies,
    userManager: { isValidUser: (user: string, password: string) => user === 'lab' && password === 'right' },
  })
  await server.initialize()
  const { addressSpace } = server.engine
  if (addressSpace === null) throw new Error('the server has no address space')
  const plant = addressSpace.registerNamespace('urn:webmacs:test-plant')
  const variables = Object.fromEntries(
    Object.entries(NODES).map(([name, [dataType, value]]) => [
      name,
      plant.addVariable({
        organizedBy: addressSpace.rootFolder.objects,
        browseName: name,
        nodeId: `s=${name}`,
        dataType: DataType[dataType],
        minimumSamplingInterval: 0,
        value: {
          dataType,
          arrayType: VariantArrayType.Scalar,
          value: dataType === DataType.Int64 ? [0, value] : value,
        },
      }),
    ]),
  )
  await server.start()
  return {
    port,
    url: `opc.tcp://127.0.0.1:${port}`,
    fingerprint: new X509Certificate(await readFile(server.certificateFile)).fingerprint256,
    set: (name, value, status = StatusCodes.Good, measuredAt = new Date()) =>
      variables[name]?.setValueFromSource({ dataType: NODES[name][0], value }, status, measuredAt),
    stop: () => server.shutdown(0),
  }
}

/** A port that is free now, and a folder for the server's certificates. */
export async function placeForPlant() {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const address = probe.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await new Promise((resolve) => probe.close(resolve))
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-opcua-'))
  return { port, folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
