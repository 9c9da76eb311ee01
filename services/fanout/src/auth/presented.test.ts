import { expect, test } from 'vitest'
import { chooseProtocol, presentedBy } from './presented.ts'

const token = (value: string) => ({ kind: 'token', token: value })

test.each([
  ['/ws?token=abc', undefined, token('abc')],
  ['/ws?x=1&token=a%2Bb', undefined, token('a+b')],
  ['/ws?token=first&token=second', undefined, token('first')],
  ['/ws?token=%E0%A4%A', undefined, token('\ufffd%A')],
  ['/ws?token=a?b', undefined, token('a?b')],
  ['/ws', 'webmacs, webmacs.token.abc', token('abc')],
  ['/ws', 'webmacs.token.a.b-c_d,webmacs', token('a.b-c_d')],
  ['/ws?token=', 'webmacs, webmacs.token.abc', token('abc')],
  ['/ws?token=query', 'webmacs, webmacs.token.protocol', token('query')],
  ['/ws', 'webmacs', { kind: 'first-message' }],
  ['/ws', 'webmacs, webmacs.token.', { kind: 'first-message' }],
  ['/ws?token=', undefined, { kind: 'nothing' }],
  ['/ws', undefined, { kind: 'nothing' }],
  ['/ws', 'graphql-ws', { kind: 'nothing' }],
])('finds in %s with sub-protocols %s what the client presents', (url, protocols, presented) => {
  const headers = protocols === undefined ? {} : { 'sec-websocket-protocol': protocols }
  expect(presentedBy({ url, headers })).toEqual(presented)
})

test('chooses our sub-protocol and never the one with the token', () => {
  expect(chooseProtocol(new Set(['webmacs.token.abc', 'webmacs']))).toBe('webmacs')
  expect(chooseProtocol(new Set(['webmacs.token.abc']))).toBe(false)
})
