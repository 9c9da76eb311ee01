import { readFile } from 'node:fs/promises'
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

test.each(['client.md', 'python.md', 'drivers/modbus.md', 'drivers/http.md'])(
  'the code in %s is that of examples which run',
  async (name) => {
    const page = `../guides/${name}`
    await expect(await renewed(await read(page))).toMatchFileSnapshot(page)
  },
)
