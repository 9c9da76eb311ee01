import { hash as hashBcrypt } from '@node-rs/bcrypt'
import { expect, test } from 'vitest'
import { hashPassword, isImportedHash, verifyPassword } from './passwords.ts'

test('knows the password that was hashed, and no other', async () => {
  const stored = await hashPassword('correct horse')
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(isImportedHash(stored)).toBe(false)
  expect(await verifyPassword(stored, 'correct horse')).toBe(true)
  expect(await verifyPassword(stored, 'Correct horse')).toBe(false)
})

test('tells passwords apart beyond their first 72 bytes', async () => {
  const start = 'x'.repeat(72)
  const stored = await hashPassword(`${start}1`)
  expect(await verifyPassword(stored, `${start}2`)).toBe(false)
})

test.each(['2a', '2b', '2y'])('knows the password of a $%s hash', async (version) => {
  const stored = (await hashBcrypt('correct horse', 4)).replace('$2b$', `$${version}$`)
  expect(isImportedHash(stored)).toBe(true)
  expect(await verifyPassword(stored, 'correct horse', { withImported: true })).toBe(true)
  expect(await verifyPassword(stored, 'Correct horse', { withImported: true })).toBe(false)
})

test('takes a long password for an imported hash as the older system did', async () => {
  const stored = await hashBcrypt('x'.repeat(72), 4)
  expect(await verifyPassword(stored, 'x'.repeat(90))).toBe(true)
})

test.each([undefined, null, '', '!', '$2b$nonsense'])('refuses every password where the hash is %j', async (stored) => {
  expect(await verifyPassword(stored, 'anything', { withImported: true })).toBe(false)
})

/** Milliseconds of some refusals. */
async function timeOf(stored: string | undefined, withImported: boolean): Promise<number> {
  const start = performance.now()
  for (let round = 0; round < 3; round++) await verifyPassword(stored, 'wrong', { withImported })
  return performance.now() - start
}

test.each([false, true])(
  'takes as long for a user who does not exist as for a wrong password (imported users: %j)',
  async (withImported) => {
    const own = await hashPassword('secret')
    const stored = withImported ? [own, await hashBcrypt('secret', 12)] : [own]
    await timeOf(own, withImported)
    const nobody = await timeOf(undefined, withImported)
    for (const known of stored) {
      const ratio = nobody / (await timeOf(known, withImported))
      expect(ratio).toBeGreaterThan(0.3)
      expect(ratio).toBeLessThan(3)
    }
  },
)
