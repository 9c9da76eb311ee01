import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NATS_USERS, type NatsUser } from '@webmacs/nats-config'
import { writePrivateFile } from './data-directory.ts'
import { LaunchError } from './launch-error.ts'

/** Generated once for an installation, kept in the data folder, readable by its owner only. */
export interface Secrets {
  /** Signs access tokens. */
  readonly secretKey: string
  readonly postgresPassword: string
  /** Of the role that the services use. */
  readonly databasePassword: string
  readonly natsPasswords: Readonly<Record<NatsUser, string>>
  /** First admin's password where none was given, in production. */
  readonly adminPassword: string
}

const generate = (): string => randomBytes(32).toString('base64url')

export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const file = join(dataDir, 'secrets.json')
  const stored = await readStored(file)
  const secrets: Secrets = {
    secretKey: stored.secretKey ?? generate(),
    postgresPassword: stored.postgresPassword ?? generate(),
    databasePassword: stored.databasePassword ?? generate(),
    natsPasswords: Object.fromEntries(
      NATS_USERS.map((user) => [user, stored.natsPasswords?.[user] ?? generate()]),
    ) as Secrets['natsPasswords'], // one for each user
    adminPassword: stored.adminPassword ?? generate().slice(0, 20),
  }
  const content = `${JSON.stringify(secrets, null, 2)}\n`
  if (content !== `${JSON.stringify(stored, null, 2)}\n`) await writePrivateFile(file, content)
  return secrets
}

async function readStored(file: string): Promise<Partial<Secrets>> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new LaunchError(
      `${file} cannot be read. Restore it from a backup; without it the database's password is lost.`,
      err,
    )
  }
}
