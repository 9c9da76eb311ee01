import { createConfigParser } from '@webmacs/plugin-sdk/config'
import { expect, test } from 'vitest'
import type { CataloguedPlugin } from '../inventory/plugin-catalogue.ts'
import { aDesired } from '../testing/site.ts'
import { planStart } from './desired-changes.ts'

const parseConfig = createConfigParser({
  type: 'object',
  required: ['host'],
  properties: { host: { type: 'string', minLength: 1 }, port: { type: 'integer', default: 502 } },
})
const description = { id: 'bench' } as CataloguedPlugin['description'] // nothing else of it is looked at
const catalogue = new Map([['bench', { description, module: 'bench.ts', parseConfig }]])

const planned = (config: Record<string, unknown>, demo_mode: boolean) =>
  planStart(aDesired({ config, demo_mode }), catalogue, { connectMs: 1, readMs: 1, stopMs: 1 })

test('starts with an empty configuration in demo mode only, with the defaults that there are', () => {
  expect(planned({}, true)).toMatchObject({ ok: true, start: { config: { port: 502 } } })
  expect(planned({}, false)).toMatchObject({ ok: false, problem: expect.stringContaining("property 'host'") })
})

test.each([{ port: 1 }, { host: '' }])('judges what is said in demo mode as well: %j', (config) => {
  expect(planned(config, true).ok).toBe(false)
})
