import { describe, expect, test } from 'vitest'
import { expectProblem } from './expectations.ts'
import type { ContractSite } from './site.ts'

/** fixes.md S4: guessing passwords is held back wherever it comes from. The last chapter, since it leaves an account locked. */
export function throttle(site: ContractSite): void {
  describe('guessing', () => {
    test.each(['an account', 'an address that nobody has'])('at the password of %s is held back', async (what) => {
      const { email } = what === 'an account' ? await site.newUser('viewer') : { email: 'guessed@contract.example' }
      const guess = () => site.post('/auth/login', { email, password: 'guess' }, { as: 'nobody' })
      let answer = await guess()
      for (let tries = 1; answer.status === 401 && tries < 20; tries++) answer = await guess()
      expectProblem(answer, 429, 'auth.throttled')
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    })
  })
}
