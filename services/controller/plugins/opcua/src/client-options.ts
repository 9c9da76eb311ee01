import { ConfigError } from '@webmacs/plugin-sdk'
import {
  MessageSecurityMode,
  type OPCUAClientOptions,
  SecurityPolicy,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua-client'
import { StaticCertificateChainProvider } from 'node-opcua-common'
import type { ClientCertificate } from './client-certificate.ts'
import type { OpcuaConfig, SecurityModeName } from './config.ts'
import { certificateIn, privateKeyIn } from './pem.ts'

export const MODES: Readonly<Record<SecurityModeName, MessageSecurityMode>> = {
  none: MessageSecurityMode.None,
  sign: MessageSecurityMode.Sign,
  sign_and_encrypt: MessageSecurityMode.SignAndEncrypt,
}
const SESSION_TIMEOUT_MS = 120_000

/** The client neither connects again by itself nor keeps anything on disk. */
export function clientOptions(config: OpcuaConfig, own: ClientCertificate): OPCUAClientOptions {
  const timeoutMs = config.timeout_seconds * 1000
  return {
    applicationName: 'WebMACS',
    applicationUri: own.applicationUri,
    clientName: 'WebMACS',
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    // a server behind a gateway or with a name of its own network is still the one that was meant
    endpointMustExist: false,
    securityMode: MODES[config.security_mode],
    securityPolicy: SecurityPolicy[config.security_policy],
    certificateKeyPairProvider: new StaticCertificateChainProvider([own.certificate.raw], {
      hidden: own.privateKeyPem,
    }),
    keepSessionAlive: true,
    keepAliveInterval: config.keep_alive_seconds * 1000,
    requestedSessionTimeout: SESSION_TIMEOUT_MS,
    transportTimeout: timeoutMs,
    defaultTransactionTimeout: timeoutMs,
  }
}

/** @throws ConfigError that names the field */
export function identityOf(config: OpcuaConfig): UserIdentityInfo {
  const { authentication, username, password, certificate, private_key } = config
  switch (authentication) {
    case 'anonymous':
      return { type: UserTokenType.Anonymous }
    case 'user':
      return { type: UserTokenType.UserName, userName: username, password }
    case 'certificate':
      return {
        type: UserTokenType.Certificate,
        certificateData: certificateIn(certificate, 'certificate').raw,
        privateKey: privateKeyIn(private_key, 'private_key'),
      }
    default:
      throw new ConfigError(`there is no authentication "${String(authentication satisfies never)}"`)
  }
}
