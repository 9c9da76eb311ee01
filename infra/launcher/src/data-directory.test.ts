import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDataDirectory, openDataDirectory, writePrivateFile } from './data-directory.ts'
import { loadSecrets } from './secrets.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-launcher-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('makes the folder and leaves nothing of its probe', async () => {
  await openDataDirectory(join(folder, 'a', 'b'))
  expect(await readdir(join(folder, 'a', 'b'))).toEqual([])
})

test('says that a file is no folder', async () => {
  await writeFile(join(folder, 'file'), '')
  await expect(openDataDirectory(join(folder, 'file'))).rejects.toThrow('is a file, not a folder')
})

test('refuses a folder that another launcher uses, and takes over one whose launcher is gone', async () => {
  const program = join(folder, 'launcher.mjs')
  await writeFile(program, 'process.send("up"); setInterval(() => {}, 1000)')
  const other = fork(program)
  await once(other, 'message')
  await writeFile(join(folder, 'launcher.lock'), String(other.pid))
  await expect(lockDataDirectory(folder)).rejects.toThrow(`(process ${other.pid})`)
  const gone = once(other, 'exit')
  other.kill('SIGKILL')
  await gone
  const lock = await lockDataDirectory(folder)
  expect(await readFile(join(folder, 'launcher.lock'), 'utf8')).toBe(String(process.pid))
  await lock.release()
  expect(await readdir(folder)).toEqual(['launcher.mjs'])
})

test('writes files that only their owner may read', async () => {
  const file = join(folder, 'secret')
  await writeFile(file, 'old', { mode: 0o644 })
  await writePrivateFile(file, 'new')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toBe('new')
})

test('generates secrets once, each another, and adds what a newer version needs', async () => {
  const first = await loadSecrets(folder)
  expect(await loadSecrets(folder)).toEqual(first)
  const passwords = [
    first.secretKey,
    first.postgresPassword,
    first.databasePassword,
    ...Object.values(first.natsPasswords),
  ]
  expect(new Set(passwords).size).toBe(passwords.length)
  const { adminPassword: _dropped, ...older } = first
  await writeFile(join(folder, 'secrets.json'), JSON.stringify(older))
  expect(await loadSecrets(folder)).toMatchObject(older)
})

test('does not make new secrets over a file that it cannot read', async () => {
  await writeFile(join(folder, 'secrets.json'), '{"secretKey":')
  await expect(loadSecrets(folder)).rejects.toThrow('Restore it from a backup')
  expect(await readFile(join(folder, 'secrets.json'), 'utf8')).toBe('{"secretKey":')
})
