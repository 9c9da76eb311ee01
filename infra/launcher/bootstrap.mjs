// First program of every command: brings packages and a Node.js that runs TypeScript, then hands over. Plain JavaScript without
// dependencies, because on a fresh machine there are none.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')
const MAIN = join(ROOT, 'infra', 'launcher', 'src', 'main.ts')
const STAMP = join(ROOT, 'node_modules', '.webmacs-installed')
const OLDEST_NODE = 20
/** Older ones do not run TypeScript without complaint. */
const WANTED_NODE = 24

const major = Number(process.versions.node.split('.')[0])
if (major < OLDEST_NODE) fail(`WebMACS needs Node.js ${OLDEST_NODE} or newer; this is ${process.versions.node}.`)

await installPackages()
const node = findNode()
process.env.PATH = [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
if (node === process.execPath) {
  process.argv[1] = MAIN
  await import(MAIN)
} else await handOver(node)

async function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return
  refuseUnderRunningSystem()
  console.log('Installing packages (the first time takes a minute or two) …')
  rmSync(STAMP, { force: true })
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  const progress = setInterval(() => console.log(`  … still installing, ${seconds()} s`), 10_000)
  const npm = process.env.npm_execpath
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const child = npm
    ? spawn(process.execPath, [npm, ...args], { cwd: ROOT, stdio: 'inherit' })
    : spawn('npm', args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' })
  const code = await exitOf(child)
  clearInterval(progress)
  if (code !== 0)
    fail(
      'Packages could not be installed. Is there a connection to the package registry, and space on the disk? Then try again.',
    )
  writeFileSync(STAMP, wanted)
  console.log(`Installed packages in ${seconds()} s`)
}

/** `npm ci` deletes the modules that a running system is about to load. */
function refuseUnderRunningSystem() {
  const file = join(resolve(ROOT, process.env.WEBMACS_DATA_DIR ?? '.webmacs'), 'runtime.json')
  if (!existsSync(file)) return
  const { pid } = JSON.parse(readFileSync(file, 'utf8'))
  try {
    process.kill(pid, 0)
  } catch (err) {
    if (err.code === 'ESRCH') return // it ended without tidying up
  }
  fail(`Packages changed and must be installed, but WebMACS is running (process ${pid}). Stop it first.`)
}

/** The installed Node.js if it is new enough, else the one from the npm package for this platform. */
function findNode() {
  if (major >= WANTED_NODE) return process.execPath
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  for (const name of [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]) {
    const candidate = join(ROOT, 'node_modules', name, 'bin', program)
    if (existsSync(candidate)) return candidate
  }
  return fail(
    `There is no Node.js ${WANTED_NODE} package for ${platform} on ${process.arch}. Install Node.js ${WANTED_NODE} or newer.`,
  )
}

async function handOver(program) {
  const child = spawn(program, [MAIN, ...process.argv.slice(2)], { cwd: process.cwd(), stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the child by itself; a signal to this process alone must be passed on. Either way the child decides.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.exit(await exitOf(child))
}

function exitOf(child) {
  return new Promise((done) => {
    child.on('error', (err) => fail(`${err.message}`))
    child.on('exit', (code, signal) => done(signal === null ? code : 1))
  })
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
