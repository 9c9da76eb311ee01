import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { seriousFaults } from './src/accessibility.ts'
import { CHROMIUM_ARGS, findChromium } from './src/chromium.ts'
import { type System, startSystem } from './src/system.ts'

const ADMIN = { email: 'admin@webmacs.io', password: 'admin123' }
const VIEWER = { email: 'viewer@webmacs.io', password: 'look-only-1' }
const PATIENCE_MS = 30_000
/** Of the system and of the browser, with the first device added. */
const START_MS = 400_000
const DEVICE = 'Bench reactor'

let system: System
let browser: Browser
let context: BrowserContext
let page: Page
let problems: string[]

beforeAll(async () => {
  const [started, executablePath] = await Promise.all([startSystem(), findChromium()])
  system = started
  browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  await addViewer()
  await open()
  await logIn(ADMIN)
  await addDevice()
  await context.close()
}, START_MS)

afterAll(async () => {
  await browser.close()
  await system[Symbol.asyncDispose]()
})

beforeEach(open)

afterEach(async () => {
  await context.close()
  expect(problems).toEqual([])
})

async function open(): Promise<void> {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  problems = []
  page.on('pageerror', (err) => problems.push(String(err)))
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text()))
      problems.push(message.text())
  })
}

async function logIn({ email, password }: typeof ADMIN): Promise<void> {
  await page.goto(system.url)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Trend' }).waitFor()
}

async function addViewer(): Promise<void> {
  const send = (path: string, body: object, token = '') =>
    fetch(`${system.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
  const { access_token } = (await (await send('/auth/login', ADMIN)).json()) as { access_token: string }
  const added = await send('/users', { ...VIEWER, username: 'viewer', role: 'viewer' }, access_token)
  expect(added.status).toBe(201)
}

/** By the form, as a person would: from the list of devices over the drivers. */
async function addDevice(): Promise<void> {
  await page.getByRole('link', { name: 'Devices' }).click()
  await page.getByRole('link', { name: 'Add device' }).click()
  await page.getByRole('list', { name: 'Drivers' }).getByRole('link', { name: 'Simulated Device' }).click()
  await page.getByLabel('Name').fill(DEVICE)
  await page.getByRole('button', { name: 'Test connection' }).click()
  await page.getByText(/^Connected in \d+ ms, 9 channels/).waitFor()
  await page
    .getByRole('table', { name: 'Channels and what they show' })
    .getByRole('row', { name: /Temperature Reactor -?\d+\.\d °C/ })
    .waitFor()
  await page.getByRole('button', { name: 'Add device' }).click()
  await page.getByRole('heading', { name: DEVICE, level: 1 }).waitFor()
}

async function openDevice(): Promise<void> {
  await page.getByRole('link', { name: 'Devices' }).click()
  await page.getByRole('link', { name: DEVICE }).click()
  await channel('Heater Power').getByText(/%/).first().waitFor()
}

const channel = (name: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) })
const newsOf = (name: string) => channel(name).getByRole('status')

async function setpoint(name: string, value: number): Promise<void> {
  await channel(name)
    .getByRole('textbox', { name: `${name} in %` })
    .fill(String(value))
  await channel(name)
    .getByRole('button', { name: `Set ${name}` })
    .click()
}

/** Changes one field in the settings of a channel. */
async function changeSetting(name: string, change: () => Promise<unknown>): Promise<void> {
  await page.getByRole('button', { name: `Settings of ${name}` }).click()
  await change()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
}

test('shows what the channels of a device read, live', async () => {
  await logIn(ADMIN)
  await openDevice()
  const reactor = channel('Temperature Reactor')
  await reactor.getByText('Simulated', { exact: true }).waitFor()
  const before = await reactor.textContent()
  expect(before).toMatch(/\d °C/)
  await reactor.filter({ hasNotText: before ?? '' }).waitFor()
})

test('unlinks a channel from its event, and links it again', async () => {
  await logIn(ADMIN)
  await openDevice()
  const humidity = channel('Humidity')
  await humidity.getByText(`${DEVICE} – Humidity`).waitFor()
  await changeSetting('Humidity', () => page.getByRole('radio', { name: 'None' }).check())
  await humidity.getByText('Not linked').waitFor()
  await changeSetting('Humidity', async () => {
    await page.getByRole('radio', { name: 'One that is there' }).check()
    await page.getByRole('combobox', { name: 'Event of the channel' }).fill(`${DEVICE} – Humidity`)
    await page.getByRole('option', { name: `${DEVICE} – Humidity` }).click()
  })
  await humidity.getByText(`${DEVICE} – Humidity`).waitFor()
})

test('shows a setpoint as asked until the device confirms it, and the reading as it is meanwhile', async () => {
  await logIn(ADMIN)
  await openDevice()
  const gate = Promise.withResolvers<void>()
  await page.route('**/api/v1/commands', async (route) => {
    await gate.promise
    await route.continue()
  })
  await setpoint('Heater Power', 42)
  await newsOf('Heater Power').getByText('Asked for 42.0 %').waitFor()
  await channel('Heater Power').getByText('to become').waitFor()
  expect(await channel('Heater Power').textContent()).toMatch(/^Heater Powerheater_power0\.0 %/)
  gate.resolve()
  await newsOf('Heater Power').getByText('Confirmed 42.0 %').waitFor()
  await channel('Heater Power').getByText('42.0 %', { exact: true }).first().waitFor()
})

test('tells why a setpoint was refused, and keeps it in the history', async () => {
  await logIn(ADMIN)
  await openDevice()
  await changeSetting('Valve Position', () => page.getByLabel('Fastest change (%/s)').fill('0.5'))
  await setpoint('Valve Position', 90)
  await newsOf('Valve Position')
    .getByText(/^Not set to 90\.0 %: .+/)
    .waitFor()
  await page.getByRole('link', { name: 'Commands' }).click()
  await page.getByLabel('State', { exact: true }).selectOption({ label: 'Refused' })
  const row = page.getByRole('row', { name: /Valve Position/ }).filter({ hasText: 'Refused' })
  await row.first().waitFor()
  await row
    .getByRole('button', { name: /^Details of Valve Position/ })
    .first()
    .click()
  await page.getByText('Why it was not done').waitFor()
})

test('sets an output on the dashboard', async () => {
  await logIn(ADMIN)
  const outputs = page.getByRole('list', { name: `Outputs of ${DEVICE}` })
  const heater = outputs.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Heater Power' }) })
  await heater.getByRole('textbox', { name: 'Heater Power in %' }).fill('15')
  await page.keyboard.press('Enter')
  await heater.getByRole('status').getByText('Confirmed 15.0 %').waitFor()
})

test('lets a viewer look, and change nothing', async () => {
  await logIn(VIEWER)
  await page.getByRole('link', { name: 'Devices' }).click()
  await page.getByRole('link', { name: DEVICE }).click()
  await channel('Heater Power').getByText(/%/).first().waitFor()
  expect(await page.getByRole('button', { name: /^(Set|Settings of|Delete)/ }).count()).toBe(0)
  expect(await page.getByRole('tab', { name: 'Settings' }).count()).toBe(0)
  expect(await page.getByRole('link', { name: 'Plugin packages' }).count()).toBe(0)
})

test('says that somebody else changed the device meanwhile, and loses neither change unseen', async () => {
  await logIn(ADMIN)
  await openDevice()
  await page.getByRole('tab', { name: 'Settings' }).click()
  await page.getByLabel('Interval (ms)').fill('500')
  const other = await context.newPage()
  await other.goto(page.url())
  await other.getByRole('tab', { name: 'Settings' }).click()
  await other.getByLabel('Interval (ms)').fill('750')
  await other.getByRole('button', { name: 'Save changes' }).click()
  await other.getByText('Saved').waitFor()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('Somebody else changed this device meanwhile').waitFor()
  await page.getByRole('button', { name: 'Save mine over it' }).click()
  await page.getByText('Saved').waitFor()
  await page.getByText(/every 500 ms/).waitFor()
})

test('tells why a package was refused', async () => {
  await logIn(ADMIN)
  await page.getByRole('link', { name: 'Plugin packages' }).click()
  const buffer = Buffer.from('no package at all')
  await page.locator('input[type=file]').setInputFiles({ name: 'mine.tgz', mimeType: 'application/gzip', buffer })
  await page
    .getByRole('alert')
    .filter({ hasText: 'mine.tgz was not taken' })
    .getByText(/not a package/)
    .waitFor()
})

test('names the field that a value is missing in', async () => {
  await logIn(ADMIN)
  await openDevice()
  await page.getByRole('tab', { name: 'Settings' }).click()
  await page.getByLabel('Name').fill('  ')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('Is needed').waitFor()
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true')
})

test.each(['light', 'dark'] as const)('has no serious fault for assistive technology, %s', async (colorScheme) => {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await logIn(ADMIN)
  await openDevice()
  await setpoint('Heater Power', colorScheme === 'light' ? 20 : 21)
  await newsOf('Heater Power')
    .getByText(/^Confirmed/)
    .waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Settings of Heater Power' }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('tab', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Save changes' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  for (const [name, sign] of [
    ['Devices', page.getByRole('list', { name: 'Devices' })],
    ['Commands', page.getByRole('table', { name: 'Commands, newest first' })],
    ['Plugin packages', page.getByRole('region', { name: 'Upload a package' })],
  ] as const) {
    await page.getByRole('link', { name, exact: true }).click()
    await sign.waitFor()
    expect(await seriousFaults(page)).toEqual([])
  }
})

test.each([390, 768, 2560])('fits a screen %i pixels wide', async (width) => {
  await page.setViewportSize({ width: 1440, height: 900 })
  await logIn(ADMIN)
  await openDevice()
  await page.setViewportSize({ width, height: 844 })
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(overflow).toBeLessThanOrEqual(0)
})

test('renames a device, and shows it inactive once it is disabled', async () => {
  await logIn(ADMIN)
  await openDevice()
  await page.getByRole('tab', { name: 'Settings' }).click()
  await page.getByLabel('Name').fill(`${DEVICE} B`)
  await page.getByRole('switch', { name: 'Enabled' }).click()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByRole('heading', { name: `${DEVICE} B`, level: 1 }).waitFor()
  await page.getByText('Disabled', { exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Channels' }).click()
  expect(await page.getByRole('button', { name: /^Set / }).count()).toBe(0)
})
