import { formatTime } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { parseExpiry } from './expiry.ts'

test.each([
  ['2027-12-31', '2027-12-31T00:00:00Z'],
  ['2027-12-31T12:30', '2027-12-31T12:30:00Z'],
  ['2027-12-31 12:30:15.5', '2027-12-31T12:30:15.500000Z'],
  ['2027-12-31T12:30:00+02:00', '2027-12-31T10:30:00Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  [1_830_297_600, '2028-01-01T00:00:00Z'],
  [1_830_297_600.25, '2028-01-01T00:00:00.250000Z'],
  [0, '1970-01-01T00:00:00Z'],
])('reads %j as %s', (given, time) => {
  const expiry = parseExpiry(given)
  expect(expiry === null ? null : formatTime(expiry)).toBe(time)
})

test.each([undefined, null])('reads %j as never', (given) => {
  expect(parseExpiry(given)).toBeNull()
})

test.each(['', 'tomorrow', '2027-13-01', '2027-02-30', '1830297600', -1, 1e300, 1_830_297_600_000, '0000-01-01'])(
  'refuses %j and names the field',
  (given) => {
    expect(() => parseExpiry(given)).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringMatching(/^body\.expires_at must/) }),
    )
  },
)
