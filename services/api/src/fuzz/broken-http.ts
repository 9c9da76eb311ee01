import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

const EVENTS = '/api/v1/events'
const request = (method: string, ...headers: string[]): string =>
  [`${method} ${EVENTS} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json', ...headers, '', ''].join('\r\n')
const post = (...headers: string[]): string => request('POST', ...headers)

/** What is no HTTP request, or one that contradicts itself, as bytes in Latin-1; by what is wrong with it. */
export const BROKEN_HTTP: Readonly<Record<string, string>> = {
  'a body longer than it says': `${post('Content-Length: 2')}{"name":"x"}`,
  'a body shorter than it says': `${post('Content-Length: 200')}{"name":"x"}`,
  'a length that is negative': post('Content-Length: -1'),
  'a length that is no number': post('Content-Length: 1e3'),
  'a length beyond all bounds': post('Content-Length: 99999999999999999999'),
  'two lengths': post('Content-Length: 2', 'Content-Length: 3'),
  'a length and chunks': `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'chunks of a kind that is unknown': `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
  'a chunk whose size is none': `${post('Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`,
  'chunks without an end': `${post('Transfer-Encoding: chunked')}2\r\n{}\r\n`,
  'a chunk longer than it says': `${post('Transfer-Encoding: chunked')}1\r\n{}\r\n0\r\n\r\n`,
  'a method that is unknown': request('BREW'),
  'a version that is unknown': `GET ${EVENTS} HTTP/9.9\r\n\r\n`,
  'no version': `GET ${EVENTS}\r\n\r\n`,
  'no host': `GET ${EVENTS} HTTP/1.1\r\n\r\n`,
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
  'NUL in a header': request('GET', 'X-A: a\0b'),
  'a header without a name': request('GET', ': a'),
  'a header without a colon': request('GET', 'nonsense'),
  'a header that is too large': request('GET', `X-A: ${'x'.repeat(20_000)}`),
  'too many headers': request('GET', ...Array.from({ length: 3_000 }, (_, n) => `X-${n}: 1`)),
  'a target that is too long': `GET ${EVENTS}?a=${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
  'a target with blanks': 'GET /a b HTTP/1.1\r\n\r\n',
  'a request with rubbish behind': `${request('GET')}rubbish\r\n\r\n`,
  'blank lines': '\r\n\r\n\r\n\r\n',
  'half a line': 'GET /api',
  nothing: '',
}

const DEADLINE_MS = 5_000

/**
 * Sends the bytes, says that no more will come, and reads until the server closes.
 * @returns status codes of the answers, in order; none where it closed without a word
 * @throws Error when it does not close in time
 */
export async function answersTo(url: string, bytes: string, headers: string): Promise<number[]> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error('no answer in time')))
  await once(socket, 'connect')
  socket.end(Buffer.from(bytes.replace('Host: localhost', `Host: localhost\r\n${headers}`), 'latin1'))
  const answer = await text(socket)
  return [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status))
}
