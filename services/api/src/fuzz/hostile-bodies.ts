import { gzipSync } from 'node:zlib'

/** A body as it goes over the wire, with the headers that say what it is. */
export interface WireBody {
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  /** In so many chunks, with no length announced. */
  readonly chunks?: number
}

const JSON_HEADERS = { 'content-type': 'application/json' }

export const jsonBody = (text: string): WireBody => ({ headers: JSON_HEADERS, bytes: Buffer.from(text) })

const typed = (type: string) => (text: string) => ({ headers: { 'content-type': type }, bytes: Buffer.from(text) })
const text = (change: (text: string) => string) => (json: string) => jsonBody(change(json))
const bytes = (change: (json: Buffer) => Buffer) => (json: string) => ({
  headers: JSON_HEADERS,
  bytes: change(Buffer.from(json)),
})

const spliced = (json: Buffer, ...inserted: number[]): Buffer => {
  const middle = Math.max(1, json.indexOf(':"') + 2)
  return Buffer.concat([json.subarray(0, middle), Buffer.from(inserted), json.subarray(middle)])
}

/** Ways to send a body that is right in itself, but not as it should be sent. */
export const HOSTILE_BODIES: Readonly<Record<string, (json: string) => WireBody>> = {
  'in chunks': (json) => ({ ...jsonBody(json), chunks: 7 }),
  'without a type': (json) => ({ headers: {}, bytes: Buffer.from(json) }),
  'as text': typed('text/plain'),
  'as a form': typed('application/x-www-form-urlencoded'),
  'as multipart': typed('multipart/form-data; boundary=x'),
  'as multipart without boundary': typed('multipart/form-data'),
  'as XML': typed('application/xml'),
  'as JSON of another kind': typed('application/problem+json'),
  'as JSON in capitals': typed('APPLICATION/JSON'),
  'with a type of nonsense': typed(';;;"'),
  'with a list of types': typed('application/json, text/plain'),
  'with a long type': typed(`text/${'x'.repeat(5_000)}`),
  'with a type beyond ASCII': typed('text/\xff\xfe'),
  'in Latin-1': (json) => ({
    headers: { 'content-type': 'application/json; charset=latin1' },
    bytes: Buffer.from(json.replace('"', '"ÿ'), 'latin1'),
  }),
  'in UTF-16': (json) => ({
    headers: { 'content-type': 'application/json; charset=utf-16le' },
    bytes: Buffer.from(json, 'utf16le'),
  }),
  gzipped: (json) => ({ headers: { ...JSON_HEADERS, 'content-encoding': 'gzip' }, bytes: gzipSync(json) }),
  'said to be gzipped': (json) => ({
    headers: { ...JSON_HEADERS, 'content-encoding': 'gzip' },
    bytes: Buffer.from(json),
  }),
  'with a byte order mark': text((json) => `\ufeff${json}`),
  'with blanks around': text((json) => ` \r\n\t${json}\n `),
  'with invalid UTF-8': bytes((json) => spliced(json, 0xc3, 0x28, 0xff)),
  'with a surrogate in UTF-8': bytes((json) => spliced(json, 0xed, 0xa0, 0x80)),
  'with a raw NUL': bytes((json) => spliced(json, 0)),
  'with a raw line break': bytes((json) => spliced(json, 10)),
  'cut in half': text((json) => json.slice(0, json.length / 2)),
  twice: text((json) => json + json),
  'with rubbish behind': text((json) => `${json}]`),
  'in a list': text((json) => `[${json}]`),
  'in a text': text((json) => JSON.stringify(json)),
  'larger than allowed': text((json) => json + ' '.repeat(300_000)),
  'larger than allowed, in chunks': (json) => ({ ...jsonBody(json + ' '.repeat(300_000)), chunks: 20 }),
  empty: text(() => ''),
  'of blanks': text(() => '  \n'),
}
