import { AppError } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { LoginThrottle } from './login-throttle.ts'

const limits = { failuresPerAccount: 3, failuresPerAddress: 5, windowMs: 60_000, maxKeys: 4 }

function aThrottle(): {
  throttle: LoginThrottle
  advance: (ms: number) => void
  /** An attempt that turns out to be wrong. */
  attempt: (account: string, address?: string) => string
  /** One of which nobody knows yet. */
  begin: (account: string, address?: string) => string
} {
  let now = 0
  const throttle = new LoginThrottle(limits, () => now)
  const begin = (account: string, address = '10.0.0.1'): string => {
    try {
      throttle.begin({ account, address })
      return 'allowed'
    } catch (err) {
      if (err instanceof AppError) return `${err.code} ${err.retryAfterSeconds}`
      throw err
    }
  }
  return {
    throttle,
    begin,
    advance: (ms) => {
      now += ms
    },
    attempt: (account, address = '10.0.0.1') => {
      const answer = begin(account, address)
      if (answer === 'allowed') throttle.failed({ account, address })
      return answer
    },
  }
}

test('refuses an account after too many failures, and says for how long', () => {
  const { attempt, advance } = aThrottle()
  for (let failure = 0; failure < 3; failure++) {
    expect(attempt('ann')).toBe('allowed')
    advance(1000)
  }
  expect(attempt('ann')).toBe('auth.throttled 57')
  expect(attempt('bob')).toBe('allowed')
})

test('refuses an account wherever the attempts come from', () => {
  const { attempt } = aThrottle()
  for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) attempt('ann', address)
  expect(attempt('ann', '10.0.0.4')).toMatch(/throttled/)
})

test('refuses an address that tries many accounts', () => {
  const { attempt } = aThrottle()
  for (const account of ['a', 'b', 'c', 'd', 'e']) attempt(account)
  expect(attempt('f')).toMatch(/throttled/)
  expect(attempt('f', '10.0.0.2')).toBe('allowed')
})

test('allows attempts again when the window has passed', () => {
  const { attempt, advance } = aThrottle()
  for (let failure = 0; failure < 3; failure++) attempt('ann')
  advance(60_000)
  expect(attempt('ann')).toBe('allowed')
})

test('forgets failures at a success, and does not count it against the address', () => {
  const { begin, throttle } = aThrottle()
  for (let login = 0; login < 20; login++) {
    expect(begin('ann')).toBe('allowed')
    throttle.succeeded({ account: 'ann', address: '10.0.0.1' })
  }
})

test('a login with an own account does not free an address of its failures with others', () => {
  const { attempt, begin, throttle } = aThrottle()
  for (const account of ['a', 'b', 'c', 'd']) attempt(account)
  begin('own')
  throttle.succeeded({ account: 'own', address: '10.0.0.1' })
  expect(attempt('e')).toBe('allowed')
  expect(attempt('own')).toMatch(/throttled/)
})

test('counts no attempt that was not decided', () => {
  const { begin, throttle } = aThrottle()
  for (let outage = 0; outage < 20; outage++) {
    expect(begin('ann')).toBe('allowed')
    throttle.withdraw({ account: 'ann', address: '10.0.0.1' })
  }
})

test('counts attempts that are still under way, but asks for no more patience than they need', () => {
  const { begin, throttle } = aThrottle()
  const answers = [1, 2, 3, 4, 5].map(() => begin('ann'))
  expect(answers).toEqual(['allowed', 'allowed', 'allowed', 'auth.throttled 1', 'auth.throttled 1'])
  throttle.succeeded({ account: 'ann', address: '10.0.0.1' })
  expect(begin('ann')).toBe('allowed')
})

test('forgets the account that failed longest ago rather than growing', () => {
  const { attempt } = aThrottle()
  for (let failure = 0; failure < 3; failure++) attempt('ann', '10.0.0.9')
  for (const account of ['b', 'c', 'd', 'e']) attempt(account, `10.0.1.${account}`)
  expect(attempt('ann', '10.0.0.8')).toBe('allowed')
})
