import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './passwords.ts'

test('knows the password that was hashed, and no other', async () => {
  const stored = await hashPassword('correct horse')
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await verifyPassword(stored, 'correct horse')).toBe(true)
  expect(await verifyPassword(stored, 'Correct horse')).toBe(false)
})

test('tells passwords apart beyond their first 72 bytes', async () => {
  const start = 'x'.repeat(72)
  const stored = await hashPassword(`${start}1`)
  expect(await verifyPassword(stored, `${start}2`)).toBe(false)
})

test('refuses every password of a user who does not exist', async () => {
  expect(await verifyPassword(undefined, 'anything')).toBe(false)
})

test('takes as long for a user who does not exist as for a wrong password', async () => {
  const stored = await hashPassword('secret')
  const time = async (hash: string | undefined): Promise<number> => {
    const start = performance.now()
    for (let round = 0; round < 5; round++) await verifyPassword(hash, 'wrong')
    return performance.now() - start
  }
  await time(stored)
  const ratio = (await time(undefined)) / (await time(stored))
  expect(ratio).toBeGreaterThan(0.3)
  expect(ratio).toBeLessThan(3)
})
