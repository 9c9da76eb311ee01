import { readFile } from 'node:fs/promises'
import { createClient, passwordSession } from '@webmacs/client'
import { until } from '@webmacs/testing'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { seriousFaults } from './src/accessibility.ts'
import { CHROMIUM_ARGS, findChromium } from './src/chromium.ts'
import { type System, startSystem } from './src/system.ts'

const ADMIN = { email: 'admin@webmacs.io', password: 'admin123' }
const VIEWER = { email: 'viewer@webmacs.io', password: 'look-only-1' }
const PATIENCE_MS = 60_000
const START_MS = 400_000

/** What is fed: one reading a second for two hours of yesterday, with a gap in it and one spike. */
const START = Math.floor(Date.now() / 86_400_000) * 86_400 - 43_200
const SECONDS = 7200
const GAP = { from: 3000, to: 4200 }
const SPIKE = { at: 1234, value: 98_765 }
const FED = SECONDS - (GAP.to - GAP.from)

let system: System
let browser: Browser
let context: BrowserContext
let page: Page
let problems: string[]
let event: { readonly id: string; readonly label: string }

const isoAt = (seconds: number): string => new Date((START + seconds) * 1000).toISOString()
/** As a field for date and time takes it; the browser's zone is UTC. */
const inputAt = (seconds: number): string => isoAt(seconds).slice(0, 19)
const apiClient = () => createClient({ ...passwordSession({ baseUrl: system.url, ...ADMIN }) })

beforeAll(async () => {
  const [started, executablePath] = await Promise.all([startSystem(), findChromium()])
  system = started
  browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  await feed()
}, START_MS)

afterAll(async () => {
  await browser?.close()
  await system?.[Symbol.asyncDispose]()
})

beforeEach(() => open('light'))

afterEach(async () => {
  await context.close()
  expect(problems).toEqual([])
})

async function open(colorScheme: 'light' | 'dark'): Promise<void> {
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    timezoneId: 'UTC',
    colorScheme,
    reducedMotion: 'reduce',
    acceptDownloads: true,
  })
  page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  problems = []
  page.on('pageerror', (err) => problems.push(String(err)))
}

async function logIn({ email, password }: typeof ADMIN = ADMIN): Promise<void> {
  await page.goto(system.url)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Trend' }).waitFor()
}

/** Through the API, as a program would. */
async function feed(): Promise<void> {
  const client = apiClient()
  await client.users.create({ ...VIEWER, username: 'viewer', role: 'viewer' })
  const found = (await client.events.all()).find(({ name }) => name.endsWith('Temperature Reactor'))
  if (found === undefined) throw new Error('the simulated reactor is not there')
  event = { id: found.public_id, label: 'Temperature Reactor' }
  const seconds = Array.from({ length: SECONDS }, (_, second) => second)
  const { rejected } = await client.datapoints.createBatch(
    seconds
      .filter((second) => second < GAP.from || second >= GAP.to)
      .map((second) => ({
        event_public_id: event.id,
        value: second === SPIKE.at ? SPIKE.value : 20 + 5 * Math.sin(second / 300),
        timestamp: isoAt(second),
      })),
  )
  expect(rejected).toEqual([])
  await until('what was fed is stored', async () => (await storedCount(0, SECONDS)) === FED, { timeoutMs: 120_000 })
}

async function storedCount(from: number, to: number): Promise<number> {
  const { total } = await apiClient().datapoints.list({ event: event.id, from: isoAt(from), to: isoAt(to) })
  return total
}

const chart = () => page.getByRole('img', { name: /^Line chart/ })
const resolution = () => page.getByRole('status', { name: 'Resolution' })
const shownSpan = (): number => {
  const { searchParams } = new URL(page.url())
  return Date.parse(searchParams.get('to') ?? '') - Date.parse(searchParams.get('from') ?? '')
}

/** A range of what was fed, seconds after its start. */
async function openChart(from: number, to: number): Promise<void> {
  const search = new URLSearchParams({ events: event.id, from: isoAt(from), to: isoAt(to) })
  await page.goto(`${system.url}/charts?${search}`)
  await chart().waitFor()
}

const chartThatShows = (text: RegExp) => page.getByRole('img', { name: text })

test('shows a spike of one second at every zoom, and what was read where it is near', async () => {
  await logIn()
  await openChart(-30 * 86_400, 86_400)
  await chartThatShows(/98,76\d/).waitFor()
  expect(await resolution().textContent()).toMatch(/min–max/)
  await openChart(0, SECONDS)
  await chartThatShows(/98,76\d/).waitFor()
  await openChart(SPIKE.at - 30, SPIKE.at + 30)
  await chartThatShows(/98,76\d/).waitFor()
  await resolution().getByText('Every reading').waitFor()
  await openChart(SPIKE.at + 60, SPIKE.at + 120)
  await chartThatShows(/Temperature Reactor: 1\d\.\d+ to|Temperature Reactor: 2\d\.\d+ to/).waitFor()
  await openChart(GAP.from + 60, GAP.to - 60)
  await page.getByText('No readings in this time').waitFor()
})

test('zooms and moves by keyboard and pointer, comes back, keeps the address, and asks only for what is new', async () => {
  await logIn()
  await openChart(0, SECONDS)
  await chartThatShows(/98,76\d/).waitFor()
  const whole = shownSpan()
  await chart().focus()
  await page.keyboard.press('+')
  await until('half of it is shown', () => Math.abs(shownSpan() - whole / 2) < 1000)
  await page.reload()
  await chartThatShows(/Temperature Reactor: .* to/).waitFor()
  expect(Math.abs(shownSpan() - whole / 2)).toBeLessThan(1000)

  let asked = 0
  page.on('request', (request) => {
    if (request.url().endsWith('/api/v1/series')) asked++
  })
  const address = page.url()
  await chart().focus()
  await page.keyboard.press('Shift+ArrowLeft')
  await until('the address follows', () => page.url() !== address)
  expect(asked).toBeLessThanOrEqual(1)
  await page.keyboard.press('Backspace')
  await until('the way back', () => page.url() === address)

  const box = await page.locator('.u-over').boundingBox()
  if (box === null) throw new Error('the chart has no area')
  await page.mouse.move(box.x + box.width * 0.25, box.y + 50)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 5 })
  await page.mouse.up()
  await until('a quarter is shown', () => Math.abs(shownSpan() - whole / 8) < whole / 100)
  await page.getByRole('button', { name: 'Previous zoom' }).click()
  await until('the way back', () => page.url() === address)
})

test('starts and stops an experiment, and its CSV is what the API tells', async () => {
  const client = apiClient()
  await logIn()
  await page.getByRole('link', { name: 'Experiments' }).click()
  await page.getByLabel('Name of a new experiment').fill('Run 42')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  const row = page.getByRole('row', { name: /Run 42/ })
  await row.getByText('Running').waitFor()
  const [running] = await client.experiments.all()
  const { public_id = '', started_on } = running ?? {}
  await until('something was measured', async () => {
    const { total } = await client.datapoints.list({ experiment: public_id })
    return total > 10
  })
  expect(started_on).toEqual(expect.any(String))
  await row.getByRole('button', { name: 'Stop Run 42' }).click()
  await row.getByRole('button', { name: 'Export Run 42' }).waitFor()
  const { stopped_on } = await client.experiments.get(public_id)
  await until('all of it is stored', async () => {
    const { total } = await client.datapoints.list({ from: stopped_on ?? '' })
    return total > 0
  })
  await row.getByRole('button', { name: 'Export Run 42' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download', exact: true }).click(),
  ])
  await page.getByText('The download begins').waitFor()
  const file = await readFile(await download.path(), 'utf8')
  expect(file).toBe(await experimentCsv(public_id))
  expect(file.trimEnd().split('\n').length).toBeGreaterThan(10)
  expect(download.suggestedFilename()).toMatch(/^experiment_Run_42_.*\.csv$/)
})

async function experimentCsv(id: string): Promise<string> {
  const { access_token } = (await (
    await fetch(`${system.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ADMIN),
    })
  ).json()) as { access_token: string }
  const answer = await fetch(`${system.url}/api/v1/experiments/${id}/export/csv`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  return await answer.text()
}

test('prepares a file of what a chart shows, and lists it', async () => {
  await logIn()
  await openChart(0, 600)
  await page.getByRole('button', { name: 'Export…' }).click()
  await page.getByRole('dialog').getByText('Wide', { exact: true }).click()
  await page.getByLabel('Interval').selectOption('1min')
  await page.getByText('a cell is the mean of the interval').waitFor()
  await page.getByLabel('Prepare a file').check()
  await page.getByRole('button', { name: 'Prepare', exact: true }).click()
  await page.getByText('The file is ready').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download file' }).click(),
  ])
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n')
  expect(lines).toHaveLength(11)
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  await page.goto(`${system.url}/data?tab=exports`)
  await page.getByRole('table', { name: 'Exports, newest first' }).getByRole('row', { name: /Done/ }).first().waitFor()
})

test('keeps what is chosen for retention', async () => {
  await until('what is stored was counted', async () => (await apiClient().historian.events.list()).total > 0, {
    timeoutMs: 90_000,
  })
  await logIn()
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByRole('table', { name: 'Stored, by signal' }).waitFor()
  await page.getByLabel('Readings for ever').uncheck()
  await page.getByLabel('Readings (days)').fill('120')
  await page.getByRole('button', { name: 'Save retention' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/^All readings older than 120 days will be deleted for good/).waitFor()
  expect(await apiClient().historian.retention.get()).toEqual({ raw_days: null, minute_days: null })
  await dialog.getByRole('button', { name: 'Keep less' }).click()
  await page.getByText('Readings are kept for 120 days.').waitFor()
  expect(await apiClient().historian.retention.get()).toEqual({ raw_days: 120, minute_days: null })
})

test('deletes a range that was counted and confirmed, and the chart agrees at once', async () => {
  await logIn()
  await openChart(0, SECONDS)
  await chartThatShows(/98,76\d/).waitFor()
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByRole('tab', { name: 'Deletions' }).click()
  await page.getByLabel('From').fill(inputAt(SPIKE.at - 4))
  await page.getByLabel('To, not included').fill(inputAt(SPIKE.at + 6))
  await page.getByRole('button', { name: 'Count and delete…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('10 datapoints', { exact: true }).waitFor()
  expect(await dialog.getByRole('button', { name: 'Delete data' }).isDisabled()).toBe(true)
  await dialog.getByLabel(/^Type/).fill('delete')
  await dialog.getByRole('button', { name: 'Delete data' }).click()
  await dialog.getByText('10 datapoints were deleted.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page
    .getByRole('table', { name: 'Deletions, newest first' })
    .getByRole('row', { name: /10 Done/ })
    .waitFor()
  expect(await storedCount(0, SECONDS)).toBe(FED - 10)
  await page.goBack()
  await page.goBack()
  await chartThatShows(/Temperature Reactor: 1\d\.\d+ to 2\d\.\d+/).waitFor()
})

test('narrows the list of datapoints, and deletes one', async () => {
  await logIn()
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByRole('tab', { name: 'Datapoints' }).click()
  await page.getByRole('combobox', { name: 'Signal' }).click()
  await page.getByRole('option', { name: /Temperature Reactor$/ }).click()
  await page.getByLabel('From', { exact: true }).fill(inputAt(100))
  await page.keyboard.press('Enter')
  await page.getByLabel('To', { exact: true }).fill(inputAt(102))
  await page.keyboard.press('Enter')
  await page.getByText('2 datapoints, newest first').waitFor()
  await page
    .getByRole('button', { name: /^Delete the datapoint/ })
    .first()
    .click()
  await page.getByRole('button', { name: 'Delete datapoint' }).click()
  await page.getByText('1 datapoints, newest first').waitFor()
  expect(await storedCount(100, 102)).toBe(1)
})

test('lets a viewer look and export, and change nothing', async () => {
  await logIn(VIEWER)
  await page.getByRole('link', { name: 'Experiments' }).click()
  await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
  expect(await page.getByLabel('Name of a new experiment').count()).toBe(0)
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByText(/^Readings are kept/).waitFor()
  expect(await page.getByRole('button', { name: 'Save retention' }).count()).toBe(0)
  expect(await page.getByRole('tab', { name: 'Deletions' }).count()).toBe(0)
})

test.each(['light', 'dark'] as const)('has no serious fault for assistive technology, %s', async (colorScheme) => {
  await context.close()
  await open(colorScheme)
  await logIn()
  await openChart(0, SECONDS)
  await chartThatShows(/Temperature Reactor: .* to/).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Export…' }).click()
  await page.getByRole('button', { name: 'Download', exact: true }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.goto(`${system.url}/experiments`)
  await page.getByRole('table', { name: 'Experiments, newest first' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  for (const [tab, sign] of [
    ['stored', 'Stored, by signal'],
    ['datapoints', 'Datapoints, newest first'],
    ['exports', 'Exports, newest first'],
    ['deletions', 'Deletions, newest first'],
    ['maintenance', 'Maintenance, newest first'],
  ] as const) {
    await page.goto(`${system.url}/data?tab=${tab}`)
    await page.getByRole('table', { name: sign }).waitFor()
    expect(await seriousFaults(page)).toEqual([])
  }
})

test.each([390, 768, 2560])('fits a screen %i pixels wide', async (width) => {
  await logIn()
  await page.setViewportSize({ width, height: 844 })
  for (const path of ['/charts', '/experiments', '/data', '/data?tab=datapoints', '/data?tab=deletions']) {
    await page.goto(`${system.url}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow, path).toBeLessThanOrEqual(0)
  }
})
