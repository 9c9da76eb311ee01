import { X509Certificate } from 'node:crypto'
import {
  crypto_utils,
  type EndpointDescription,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
} from 'node-opcua-client'
import type { ClientCertificate } from './client-certificate.ts'
import { clientOptions, MODES } from './client-options.ts'
import type { OpcuaConfig } from './config.ts'
import { fingerprintIn } from './pem.ts'
import { untilAborted } from './until-aborted.ts'

export interface ServerCertificate {
  /** With its chain, DER. */
  readonly chain: Buffer
  /** SHA-256. */
  readonly fingerprint: string
}

/**
 * Asks the server for the certificate that it uses with this security.
 * @throws Error that says why there is none to trust, or the signal's reason
 */
export async function trustedCertificate(
  config: OpcuaConfig,
  own: ClientCertificate,
  signal: AbortSignal,
): Promise<ServerCertificate> {
  const endpoints = await endpointsOf(config, own, signal)
  const endpoint = endpoints.find(
    ({ securityMode, securityPolicyUri }) =>
      securityMode === MODES[config.security_mode] && securityPolicyUri === SecurityPolicy[config.security_policy],
  )
  if (endpoint === undefined) throw new Error(`the server offers only ${endpoints.map(wordsFor).join(', ')}`)
  const chain = endpoint.serverCertificate
  const [leaf] = crypto_utils.split_der(chain)
  if (leaf === undefined) throw new Error('the server has no certificate')
  const { fingerprint256: fingerprint } = new X509Certificate(leaf)
  if (config.verify_server && fingerprint !== fingerprintIn(config.server_certificate, 'server_certificate'))
    throw new Error(
      `the certificate of the server is not the one to trust; if ${fingerprint} is its SHA-256 fingerprint, put that into server_certificate`,
    )
  return { chain, fingerprint }
}

/** What a server offers it tells everybody. */
async function endpointsOf(
  config: OpcuaConfig,
  own: ClientCertificate,
  signal: AbortSignal,
): Promise<readonly EndpointDescription[]> {
  const client = OPCUAClient.create({
    ...clientOptions(config, own),
    securityMode: MessageSecurityMode.None,
    securityPolicy: SecurityPolicy.None,
  })
  const ask = async (): Promise<readonly EndpointDescription[]> => {
    await client.connect(config.endpoint_url)
    return client.getEndpoints()
  }
  try {
    return await untilAborted(ask(), signal)
  } finally {
    await untilAborted(client.disconnect(), signal).catch(() => undefined) // as with any connection: it is given up
  }
}

const wordsFor = ({ securityPolicyUri, securityMode }: EndpointDescription): string =>
  `${securityPolicyUri?.split('#')[1] ?? '?'} with ${MessageSecurityMode[securityMode]}`
