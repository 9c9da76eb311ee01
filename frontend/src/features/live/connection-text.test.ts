import type { LiveState } from '@webmacs/client'
import { expect, test } from 'vitest'
import { describeConnection, describeNextAttempt } from './connection-text.ts'

const LOST = { reason: 'Connection lost', nextAttemptAt: 4000 }

test.each<[LiveState, string, string]>([
  [{ status: 'live', source: 'live' }, 'Live', 'Values arrive as they are measured'],
  [{ status: 'live', source: 'stale' }, 'No source', 'The server is cut off from its readings – values are stale'],
  [{ status: 'polling', ...LOST }, 'Polling', 'Connection lost – polling every 1.5 s'],
  [{ status: 'connecting', ...LOST }, 'Connecting', 'Connection lost – values are stale'],
  [
    { status: 'connecting', reason: undefined, nextAttemptAt: undefined },
    'Connecting',
    'Connecting to the stream of values',
  ],
])('%j reads %s', (state, label, meaning) => {
  expect(describeConnection(state)).toMatchObject({ label, meaning })
})

test('counts down to the next attempt, and says when it is under way', () => {
  expect(describeNextAttempt(4000, 500)).toBe('next attempt in 4 s')
  expect(describeNextAttempt(4000, 4200)).toBe('next attempt in 1 s')
  expect(describeNextAttempt(undefined, 0)).toBe('trying now')
})
