import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const never = new AbortController().signal

test('one thing happens at a time, writes before reads that wait', async () => {
  const turns = new Turns()
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = turns.take('read', never, async () => {
    await gate.promise
    done.push('first read')
  })
  const read = turns.take('read', never, async () => void done.push('second read'))
  const write = turns.take('write', never, async () => void done.push('write'))
  expect(done).toEqual([])
  gate.resolve()
  await Promise.all([first, read, write])
  expect(done).toEqual(['first read', 'write', 'second read'])
})

test('a turn that is given up does nothing and holds nobody up', async () => {
  const turns = new Turns()
  const gate = Promise.withResolvers<void>()
  const first = turns.take('read', never, () => gate.promise)
  const aborter = new AbortController()
  let ran = false
  const given = turns.take('read', aborter.signal, async () => {
    ran = true
  })
  const last = turns.take('read', never, async () => 'last')
  aborter.abort(new Error('too late'))
  await expect(given).rejects.toThrow('too late')
  gate.resolve()
  await first
  expect(await last).toBe('last')
  expect(ran).toBe(false)
})

test('work that fails gives the turn back', async () => {
  const turns = new Turns()
  await expect(turns.take('write', never, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await turns.take('read', never, async () => 1)).toBe(1)
})
