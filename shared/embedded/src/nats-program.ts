import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { EmbeddedServerError } from './errors.ts'
import { run } from './processes.ts'

const PROGRAM = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'
/** The oldest release line that the system is made for. */
const OLDEST = [2, 9] as const

/**
 * Finds `nats-server`: on the PATH, in the cache, or else unpacked from the distribution's package into the cache, which needs no root.
 * @throws EmbeddedServerError with the command that installs it
 */
export async function findNatsServer(
  cacheDir: string,
  onProgress: (step: string) => void = () => undefined,
): Promise<string> {
  const cached = join(cacheDir, PROGRAM)
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, PROGRAM))
  for (const candidate of [...onPath, cached]) {
    if (existsSync(candidate) && (await isRecentEnough(candidate))) return candidate
  }
  if (process.platform !== 'linux') throw new EmbeddedServerError(missing())
  try {
    await unpackDebianPackage(cacheDir, cached, onProgress)
    return cached
  } catch (err) {
    throw new EmbeddedServerError(missing(), err)
  }
}

async function isRecentEnough(program: string): Promise<boolean> {
  try {
    const { stdout } = await run(program, ['--version'])
    const [, major, minor] = /v(\d+)\.(\d+)\./.exec(stdout) ?? []
    return Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1])
  } catch {
    return false // not a program that runs here
  }
}

async function unpackDebianPackage(cacheDir: string, target: string, say: (step: string) => void): Promise<void> {
  await mkdir(cacheDir, { recursive: true })
  const work = await mkdtemp(join(cacheDir, 'unpack-'))
  try {
    await downloadPackage(work, say)
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'))
    if (archive === undefined) throw new Error('the package was not downloaded')
    await run('dpkg-deb', ['-x', join(work, archive), join(work, 'content')])
    const unpacked = join(work, PROGRAM)
    await copyFile(join(work, 'content', 'usr', 'sbin', PROGRAM), unpacked)
    await rename(unpacked, target) // in one step: a start cut short leaves no half program
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** With the machine's package lists where it has some, else with lists of our own: neither needs root nor changes the machine. */
async function downloadPackage(work: string, say: (step: string) => void): Promise<void> {
  const sandbox = ['-o', 'APT::Sandbox::User=root', '-o', 'Debug::NoLocking=1']
  const attempt = (options: readonly string[]) =>
    run('apt-get', [...sandbox, ...options, 'download', 'nats-server'], { cwd: work })
  say('fetching nats-server from the distribution')
  try {
    await attempt([])
  } catch {
    say('reading the package lists of the distribution')
    await mkdir(join(work, 'lists', 'partial'), { recursive: true })
    await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true })
    const own = ['-o', `Dir::State::Lists=${join(work, 'lists')}`, '-o', `Dir::Cache=${join(work, 'cache')}`]
    await run('apt-get', [...sandbox, ...own, 'update'], { cwd: work })
    await attempt(own)
  }
}

function missing(): string {
  const commands: Partial<Record<NodeJS.Platform, string>> = {
    linux: 'sudo apt-get install nats-server (Debian, Ubuntu) or sudo dnf install nats-server (Fedora)',
    darwin: 'brew install nats-server',
    win32: 'winget install NATSAuthors.NATSServer',
  }
  const command = commands[process.platform] ?? 'install nats-server 2.9 or newer so that it is on the PATH'
  return `The message broker nats-server was not found and could not be fetched. Run: ${command}. Or set NATS_URL to a running server with JetStream.`
}
