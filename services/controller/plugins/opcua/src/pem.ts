import { createPrivateKey, X509Certificate } from 'node:crypto'
import { ConfigError } from '@webmacs/plugin-sdk'

/** @throws ConfigError that names the field */
export function certificateIn(pem: string, field: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (err) {
    throw new ConfigError(`${field} is no certificate in PEM`, { cause: err })
  }
}

/** As PKCS #8 in PEM. @throws ConfigError that names the field */
export function privateKeyIn(pem: string, field: string): string {
  try {
    return createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString()
  } catch (err) {
    throw new ConfigError(`${field} is no private key in PEM, or one with a password`, { cause: err })
  }
}

const SHA256_HEX = /^[0-9A-F]{64}$/

/** SHA-256 fingerprint that is written there, or that of the certificate there; undefined: nothing is. @throws ConfigError */
export function fingerprintIn(text: string, field: string): string | undefined {
  if (text.trim() === '') return undefined
  if (text.includes('-----BEGIN CERTIFICATE-----')) return certificateIn(text, field).fingerprint256
  const digits = text.replaceAll(/[\s:]/g, '').toUpperCase()
  if (!SHA256_HEX.test(digits))
    throw new ConfigError(`${field} is neither a certificate in PEM nor a SHA-256 fingerprint`)
  return digits.replaceAll(/..(?=.)/g, '$&:')
}
