import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderInUseError, lockFolder } from './folder-lock.ts'

let folder: string
let errors: string[]
const log = { error: ({ event }: { event: string }) => void errors.push(event) }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-lock-'))
  errors = []
})
afterEach(() => rm(folder, { recursive: true }))

test('lets one in at a time, and names it to the other', () => {
  const release = lockFolder(folder, log)
  expect(() => lockFolder(folder, log)).toThrow(FolderInUseError)
  expect(() => lockFolder(folder, log)).toThrow(`(process ${process.pid}) uses ${folder}`)
  release()
  lockFolder(folder, log)()
  expect(errors).toEqual([])
})

test('is free again when its holder was killed', async () => {
  const holder = join(folder, 'holder.ts')
  const module = new URL('folder-lock.ts', import.meta.url).href
  await writeFile(
    holder,
    `import { lockFolder } from '${module}'
    lockFolder('${folder}', console)
    process.send('locked')
    setInterval(() => undefined, 1000)`,
  )
  const child = fork(holder, [], { execArgv: [] })
  await once(child, 'message')
  expect(() => lockFolder(folder, log)).toThrow(`(process ${child.pid})`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  lockFolder(folder, log)()
})

test('does not keep a controller from starting where no file can be made', async () => {
  await writeFile(join(folder, 'file'), '')
  lockFolder(join(folder, 'file', 'below'), log)()
  expect(errors).toEqual(['folder.not-locked'])
})
