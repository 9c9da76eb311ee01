import { until } from '@webmacs/testing'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { seriousFaults } from './src/accessibility.ts'
import { CHROMIUM_ARGS, findChromium } from './src/chromium.ts'
import { type System, startSystem } from './src/system.ts'

const EMAIL = 'admin@webmacs.io'
const PASSWORD = 'admin123'
const PATIENCE_MS = 20_000

let system: System
let browser: Browser
let context: BrowserContext
let page: Page
let problems: string[]

beforeAll(async () => {
  const [started, executablePath] = await Promise.all([startSystem(), findChromium()])
  system = started
  browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  await until(
    'readings are stored',
    async () => {
      const report = (await (await fetch(`${system.url}/health`)).json()) as { last_datapoint: string | null }
      return report.last_datapoint
    },
    { timeoutMs: 60_000 },
  )
})

afterAll(async () => {
  await browser.close()
  await system[Symbol.asyncDispose]()
})

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  problems = []
  page.on('pageerror', (err) => problems.push(String(err)))
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text()))
      problems.push(message.text())
  })
})

afterEach(async () => {
  await context.close()
  expect(problems).toEqual([])
})

async function logIn(): Promise<void> {
  await page.goto(system.url)
  await page.getByLabel('Email').fill(EMAIL)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await card('CPU Usage').waitFor()
}

const card = (name: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) })
const connection = () => page.getByRole('status', { name: 'Connection' })

/** The number that a card shows now; undefined while it shows none. */
async function shownValue(name: string): Promise<number | undefined> {
  const text = ((await card(name).textContent()) ?? '').replace(name, '').replace('−', '-')
  const [number] = /^\s*-?[\d,]+(\.\d+)?/.exec(text) ?? []
  return number === undefined ? undefined : Number.parseFloat(number.replaceAll(',', ''))
}

const untilLive = () => connection().filter({ hasText: 'Live' }).waitFor()

test('says what is wrong with a login, and lets a good one in', async () => {
  await page.goto(`${system.url}/`)
  await page.getByLabel('Email').fill(EMAIL)
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page
    .getByRole('alert')
    .filter({ hasText: /invalid email or password/i })
    .first()
    .waitFor()
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.keyboard.press('Enter')
  await card('CPU Usage').waitFor()
})

test('shows the machine and the reactor live, each with unit, age and range', async () => {
  await logIn()
  await untilLive()
  const memory = await until('memory in use', () => shownValue('Memory Usage'))
  expect(memory).toBeGreaterThan(0)
  expect(memory).toBeLessThan(100)
  const reactor = card('Temperature Reactor')
  expect(await reactor.textContent()).toMatch(/°C/)
  expect(await reactor.textContent()).toMatch(/simulated/i)
  const first = await until('a first value', () => shownValue('Temperature Reactor'))
  await until('a new value', async () => (await shownValue('Temperature Reactor')) !== first)
})

test('has the chart filled with the past from the start', async () => {
  await logIn()
  const trend = page.getByRole('region', { name: 'Trend' })
  await trend.locator('canvas').waitFor()
  await trend
    .getByText(/Line chart of the last/)
    .filter({ hasText: /\d.* to .*\d/ })
    .waitFor({ state: 'attached' })
})

test('keeps the page over a reload', async () => {
  await logIn()
  await page.reload()
  await card('CPU Usage').waitFor()
})

test('says so when the network is gone, marks values stale, comes back by itself and fills the gap', async () => {
  await logIn()
  await untilLive()
  await context.setOffline(true)
  await page
    .getByText(/values are stale/)
    .first()
    .waitFor()
  await card('Temperature Reactor').filter({ hasText: 'Stale' }).waitFor()
  const refill = page.waitForResponse((response) => response.url().endsWith('/datapoints/series') && response.ok())
  await context.setOffline(false)
  await untilLive()
  await refill
  await card('Temperature Reactor').filter({ hasNotText: 'Stale' }).waitFor()
})

test('comes back by itself after a kill -9 of fanout and of the gateway', async () => {
  await logIn()
  await untilLive()
  for (const service of ['fanout', 'gateway']) {
    const before = await system.runtime()
    process.kill(before.services[service]?.pid ?? 0, 'SIGKILL')
    await connection().filter({ hasNotText: 'Live' }).waitFor()
    await untilLive()
  }
  const value = await shownValue('Temperature Reactor')
  await until('a new value', async () => (await shownValue('Temperature Reactor')) !== value)
})

test.each(['light', 'dark'] as const)('has no serious fault for assistive technology, %s', async (colorScheme) => {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.goto(system.url)
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await logIn()
  await untilLive()
  expect(await seriousFaults(page)).toEqual([])
})

test.each([390, 768, 2560])('fits a screen %i pixels wide', async (width) => {
  await page.setViewportSize({ width, height: 844 })
  await logIn()
  await untilLive()
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(overflow).toBeLessThanOrEqual(0)
})

test('can be used with the keyboard alone', async () => {
  await page.goto(system.url)
  await page.getByLabel('Email').waitFor()
  await page.keyboard.type(EMAIL)
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await card('CPU Usage').waitFor()
  await page.reload()
  await card('CPU Usage').waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/skip to content/i)
})

test('goes to the login when the token is no good any more', async () => {
  await logIn()
  await page.evaluate(() => localStorage.setItem('access_token', 'gone'))
  await page.reload()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
})
