import { AppError, newId } from '@webmacs/contracts'
import { createLogger } from '@webmacs/service-kit'
import { createTestDatabase, until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { claimStream } from './claims.ts'
import { holdClaim } from './hold-claim.ts'
import { Meter } from './meter.ts'

test('tells of trouble that will not pass, and looks again after any other', { timeout: 60_000 }, async () => {
  await using database = await createTestDatabase()
  const { db, pool } = database.db
  const id = newId('xpt')
  await pool.query(
    `WITH someone AS (
       INSERT INTO users (public_id, email, username, role) VALUES ($1, 'a@example.com', 'a', 'viewer') RETURNING id
     )
     INSERT INTO exports (public_id, user_id, delivery, state, selection, file_name, key_hash, expires_on)
     SELECT $2, id, 'stream', 'waiting', '{}', 'a.csv', repeat('0', 64), now() + interval '1 hour' FROM someone`,
    [newId('usr'), id],
  )
  const claim = await claimStream(db, id, 'here')
  if (claim === undefined) throw new Error('it was claimed')
  const troubles: Error[] = [new Error('the disk did not answer'), new AppError('export.no-space')]
  const told: unknown[] = []
  {
    await using _hold = holdClaim({
      ...{
        db,
        log: createLogger({ service: 'export', level: 'silent' }),
        claim,
        meter: new Meter(),
        onLost: () => told.push('lost'),
      },
      check: async () => {
        const trouble = troubles.shift()
        if (trouble !== undefined) throw trouble
      },
      onTrouble: (err) => told.push(err.code),
    })
    await until('it is told', () => told.length > 0, { timeoutMs: 30_000 })
  }
  expect(told).toEqual(['export.no-space'])
})
