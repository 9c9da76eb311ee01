import { randomUUID, type X509Certificate } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import type { PluginLog } from '@webmacs/plugin-sdk'
import { crypto_utils } from 'node-opcua-client'
import { certificateIn, privateKeyIn } from './pem.ts'

const KEY_BITS = 2048
const VALID_DAYS = 20 * 365

/** By what servers know this system: one for all instances of an account, since a person has to make it trusted on each server. */
export interface ClientCertificate {
  readonly certificate: X509Certificate
  readonly privateKeyPem: string
  readonly applicationUri: string
}

/** The one that was made earlier, or a new one, which is kept in the home folder where that can be written. */
export async function clientCertificate(log: PluginLog, signal: AbortSignal): Promise<ClientCertificate> {
  const folder = join(homedir(), '.webmacs', 'opcua')
  const file = join(folder, 'client.pem')
  const kept = await readFile(file, { encoding: 'utf8', signal }).catch(absent)
  if (kept !== undefined) return parse(kept, file)
  const made = await make()
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return parse(await keep(made, file), file)
  } catch (err) {
    log.warn({ event: 'opcua.certificate-not-kept', file, err }, 'certificate of this client is lost when it ends')
    return parse(made, file)
  }
}

/** Accounts of services have homes like /dev/null, below which nothing can be. */
function absent(err: unknown): undefined {
  if (err instanceof Error && 'code' in err && (err.code === 'ENOENT' || err.code === 'ENOTDIR')) return undefined
  throw err
}

/** Several processes may do this at once: the first one wins, and nobody sees half a file. */
async function keep(pem: string, file: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, pem, { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, file)
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && err.code === 'EEXIST')) throw err
  } finally {
    await rm(draft)
  }
  return readFile(file, 'utf8')
}

async function make(): Promise<string> {
  const { privateKey } = await crypto_utils.generateKeyPair(KEY_BITS)
  const host = hostname()
  const { cert } = await crypto_utils.createSelfSignedCertificate({
    privateKey,
    subject: '/CN=WebMACS/O=WebMACS',
    dns: [host],
    applicationUri: `urn:${host}:webmacs:opcua`,
    notBefore: new Date(),
    validity: VALID_DAYS,
    purpose: crypto_utils.CertificatePurpose.ForApplication,
  })
  const { privPem } = await crypto_utils.privateKeyToPEM(privateKey)
  return `${cert.trim()}\n${privPem.trim()}\n`
}

/** Servers compare the URI in the certificate with the one that the client names: the certificate knows it. */
function parse(pem: string, file: string): ClientCertificate {
  try {
    const certificate = certificateIn(pem, 'it')
    const applicationUri = /URI:([^,\s]+)/.exec(certificate.subjectAltName ?? '')?.[1]
    if (applicationUri === undefined) throw new Error('the certificate names no application')
    return { certificate, privateKeyPem: privateKeyIn(pem, 'it'), applicationUri }
  } catch (err) {
    throw new Error(`${file} holds no certificate with its key: remove it, and a new one is made`, { cause: err })
  }
}
