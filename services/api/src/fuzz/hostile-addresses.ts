/** Stands for the id of something that exists, of whatever kind. */
export const OTHER_THING = '{other}'

/** Segments of a path where an id should be, as they go over the wire. */
export const HOSTILE_SEGMENTS: readonly string[] = [
  ...Array(5).fill(OTHER_THING),
  ...['%00', 'a%00b', '..', '.', '%2e%2e', '%2F', '..%2f..%2fetc', '%25', '%', '%zz', '%20', '%0d%0aX-A:%20b', ';a=b'],
  ...['%C3%28', '%ED%A0%80', '%F0%9F%92%A7', '%E2%80%AEabc', '\xff', 'evt_%F0%9F%92%A7'],
  ...['x'.repeat(100), 'x'.repeat(101), 'x'.repeat(5_000), '%F0%9F%92%A7'.repeat(100)],
  ...['__proto__', 'constructor', 'toString', 'null', 'undefined', '-1', '0', '1e400', 'stop'],
  ...['evt_', 'evt_7k2m9q4tx3ab', 'EVT_7K2M9Q4TX3AB', "'%20OR%201=1--", '*', '{id}', ':id', '%', 'a/', '/'],
  ...[
    'dp_7k2m9q4tx3ab_1g5w2k3v9q',
    'dp_7k2m9q4tx3ab_zzzzzzzzzzzzzzzz',
    'dp_7k2m9q4tx3ab_-1',
    'dp_7k2m9q4tx3ab_',
    'dp__',
  ],
]

const TIMES = ['2026-13-01T00:00:00Z', '2026-02-30', '2026-01-01T00:00:00%2B99:99', '%2B275760-09-13', '0000-01-01']

const HOSTILE_QUERY_VALUES: readonly string[] = [
  ...['', '-1', '0', '1', '1.5', '1e3', '1e400', '-0', '%2B1', '%201', '0x10', '2147483648', '9007199254740993'],
  ...['1000000000', '100000000000', '99999999999999999999', 'NaN', 'Infinity', 'true', 'null', 'abc', '__proto__'],
  ...['%00', 'a%00b', '%zz', '%ED%A0%80', '%C3%28', '%F0%9F%92%A7', '\xff', 'x'.repeat(5_000), "'%20OR%201=1--"],
  ...TIMES,
]

/** Queries that ask for what is not there, or in a form that is none. */
export const hostileQueries = (names: readonly string[]): string[] => [
  ...[...names, 'unknown'].flatMap((name) => [
    ...HOSTILE_QUERY_VALUES.map((value) => `${name}=${value}`),
    ...[`${name}=1&${name}=2`, `${name}[]=1`, `${name}[a]=1`, name, `${name}=1=2`, `${name.toUpperCase()}=x`],
  ]),
  ...['', '?', '&&&', '=', '__proto__=1', 'constructor[prototype][a]=1', 'token=x', 'a=1&'.repeat(1_000)],
]

const LONG = 'x'.repeat(8_000)

/** Headers that mean something to the server, with values that do not. */
export const HOSTILE_HEADERS: readonly (readonly [string, string])[] = [
  ...['', '*', '"', '"a", "b"', 'W/"a"', '"\xff"', ',,,', LONG, '"0"', '__proto__', '*, *', '"a",'.repeat(1_000)].map(
    (value) => ['if-match', value] as const,
  ),
  ...['', ' ', '*', 'x', LONG, '\xff\xfe', '__proto__', 'a'.repeat(255), '"; DROP TABLE users'].map(
    (value) => ['idempotency-key', value] as const,
  ),
  ...[
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Bearer a.b.c',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    'Bearer wm_',
    'Basic Og==',
  ].map((value) => ['authorization', value] as const),
  ...[
    `Bearer ${LONG}`,
    `Bearer wm_${'x'.repeat(64)}`,
    'Bearer \xff\xff',
    'Bearer a, Bearer b',
    'bearer null',
    LONG,
  ].map((value) => ['authorization', value] as const),
  ['x-request-id', LONG],
  ['x-request-id', '\xff'],
  ['x-forwarded-for', '::ffff:999.1.1.1, , ,x'],
  ['x-forwarded-for', LONG],
  ['x-forwarded-host', '\xff'],
  ['origin', 'null'],
  ['origin', LONG],
  ['accept', '*/*;q=NaN, \xff'],
  ['accept-encoding', 'br;q=x, gzip;q=1e400'],
  ['content-type', '\xff'],
  ['range', 'bytes=0-0,-1,9-1'],
  ['cookie', LONG],
  ['expect', 'nonsense'],
  ['upgrade', 'websocket'],
  ['if-none-match', '*'],
  ['if-modified-since', 'never'],
]
