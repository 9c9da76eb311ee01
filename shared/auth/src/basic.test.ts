import { expect, test } from 'vitest'
import { basicCredentials } from './basic.ts'

const header = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

test.each([
  ['ann@example.com:secret', { email: 'ann@example.com', password: 'secret' }],
  ['ann@example.com:with:colons', { email: 'ann@example.com', password: 'with:colons' }],
  ['jürgen@example.com:pässwort', { email: 'jürgen@example.com', password: 'pässwort' }],
  ['ann@example.com:', { email: 'ann@example.com', password: '' }],
])('reads %j', (text, credentials) => {
  expect(basicCredentials(header(text))).toEqual(credentials)
})

test.each([undefined, '', 'Basic', 'Basic !!', header('no colon'), 'Bearer abc'])('finds none in %j', (text) => {
  expect(basicCredentials(text)).toBeUndefined()
})
