import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aDesired } from '../testing/site.ts'
import { DesiredMemory } from './desired-memory.ts'

let folder: string
let path: string
let warnings: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-desired-'))
  path = join(folder, 'lab-1', 'desired.json')
  warnings = []
})
afterEach(() => rm(folder, { recursive: true }))

const aMemory = () =>
  new DesiredMemory({ path, log: { warn: ({ event }: { event: string }) => void warnings.push(event) } })

test('keeps what is wanted for the next start, the newest of what came fast, where only our user can read it', async () => {
  const [first, second] = [aDesired({ config: { password: 'secret' } }), aDesired({ name: 'Second' })]
  const memory = aMemory()
  expect(await memory.load()).toEqual([])
  memory.keep([first])
  memory.keep([first, second])
  memory.keep([second])
  await memory.stop()
  expect(await aMemory().load()).toEqual([second])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(warnings).toEqual([])
})

test('knows nothing when the file is damaged, and passes over an instance that it cannot use', async () => {
  const good = aDesired()
  const memory = aMemory()
  memory.keep([good])
  await memory.stop()
  await writeFile(path, JSON.stringify([{ ...good, plugin: 7 }, good]))
  expect(await aMemory().load()).toEqual([good])
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, -10))
  expect(await aMemory().load()).toEqual([])
  expect(warnings).toEqual(['desired.unusable', 'desired.unreadable'])
})
