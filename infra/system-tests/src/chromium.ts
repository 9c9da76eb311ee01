import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/** Without these the browser asks its maker's servers for updates and models, many at a time. */
export const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Finds a Chromium: on the machine, else installed from Debian's packages when we are root, else the one that an npm package ships.
 * @throws Error that says what to install
 */
export async function findChromium(): Promise<string> {
  const installed = onThisMachine()
  if (installed !== undefined) return installed
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && (await installFromDebian())) {
    const fresh = onThisMachine()
    if (fresh !== undefined) return fresh
  }
  const shipped = await fromPackage()
  if (shipped !== undefined) return shipped
  throw new Error(
    'The browser tests need Chromium. Install it (Debian, Ubuntu: sudo apt-get install chromium) and run again.',
  )
}

function onThisMachine(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...ELSEWHERE]
  return candidates.find((candidate) => existsSync(candidate))
}

async function installFromDebian(): Promise<boolean> {
  console.log('Installing Chromium from the distribution for the browser tests …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run('apt-get', ['update', '-q'], { env })
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], {
      env,
      maxBuffer: 64 * 1024 * 1024,
    })
    return true
  } catch (err) {
    console.warn(`Chromium could not be installed: ${err instanceof Error ? err.message.split('\n')[0] : err}`)
    return false
  }
}

/** A build for servers; it needs the usual system libraries to be there, so it is tried before it is trusted. */
async function fromPackage(): Promise<string | undefined> {
  try {
    const { default: chromium } = await import('@sparticuz/chromium')
    const program = await chromium.executablePath()
    await run(program, ['--version', '--no-sandbox'])
    return program
  } catch {
    return undefined // not for this platform, or a library is missing: the caller says what to install
  }
}
