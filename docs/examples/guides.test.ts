import { readFile } from 'node:fs/promises'
import { ChannelSettings, CreatePluginInstance } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { plugin as modbus } from '@webmacs/plugin-modbus'
import { createConfigParser } from '@webmacs/plugin-sdk/config'
import { expect, test } from 'vitest'

/** A link to a file of this folder with a block of code below it. */
const RECIPE = /(\]\((?:\.\.\/)+examples\/([\w./-]+)\)[^\n]*\n\n)```(\w+)\n.*?```\n/gs

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

/** The page with the code of its recipes as the files have it. After a change: `vitest run -u --project unit docs`. */
async function renewed(page: string): Promise<string> {
  const parts: string[] = []
  let end = 0
  for (const { 0: whole, 1: lead = '', 2: file = '', 3: language = '', index } of page.matchAll(RECIPE)) {
    parts.push(page.slice(end, index), lead, `\`\`\`${language}\n`, await read(`./${file}`), '```\n')
    end = index + whole.length
  }
  return parts.join('') + page.slice(end)
}

test('what the guide sends to connect a device is what the API takes', async () => {
  const made = JSON.parse(await read('./connect-a-device.json'))
  expect(createValidator(CreatePluginInstance, 'body')(made)).toMatchObject({ ok: true })
  expect(createConfigParser(modbus.configSchema)(JSON.parse(made.config_json))).toMatchObject({ ok: true })
  const settings = JSON.parse(await read('./channel-settings.json'))
  expect(createValidator(ChannelSettings, 'body')(settings)).toMatchObject({ ok: true })
})

test.each(['client.md', 'python.md', 'export.md', 'drivers/modbus.md', 'drivers/http.md', 'connect-a-device.md'])(
  'the code in %s is that of examples which run',
  async (name) => {
    const page = `../guides/${name}`
    await expect(await renewed(await read(page))).toMatchFileSnapshot(page)
  },
)
