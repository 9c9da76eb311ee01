import type { LiveState } from '@webmacs/client'

export type ConnectionTone = 'live' | 'polling' | 'waiting' | 'lost'

export interface ConnectionText {
  readonly tone: ConnectionTone
  /** One word for the indicator. */
  readonly label: string
  /** What it means for the values on screen; does not change while the state stays the same. */
  readonly meaning: string
  /** When the next attempt is due, milliseconds since 1970 by this device's clock. */
  readonly nextAttemptAt: number | undefined
}

/** What the user is told about the live connection. */
export function describeConnection(state: LiveState): ConnectionText {
  switch (state.status) {
    case 'live':
      return state.source === 'live'
        ? { tone: 'live', label: 'Live', meaning: 'Values arrive as they are measured', nextAttemptAt: undefined }
        : {
            tone: 'lost',
            label: 'No source',
            meaning: 'The server is cut off from its readings – values are stale',
            nextAttemptAt: undefined,
          }
    case 'polling':
      return {
        tone: 'polling',
        label: 'Polling',
        meaning: `${state.reason} – polling every 1.5 s`,
        nextAttemptAt: state.nextAttemptAt,
      }
    case 'connecting':
      return state.reason === undefined
        ? {
            tone: 'waiting',
            label: 'Connecting',
            meaning: 'Connecting to the stream of values',
            nextAttemptAt: undefined,
          }
        : {
            tone: 'lost',
            label: 'Connecting',
            meaning: `${state.reason} – values are stale`,
            nextAttemptAt: state.nextAttemptAt,
          }
    case 'stopped':
      return { tone: 'waiting', label: 'Off', meaning: 'The live stream is off', nextAttemptAt: undefined }
  }
}

/** `next attempt in 4 s`, or that one is under way. */
export function describeNextAttempt(nextAttemptAt: number | undefined, nowMs: number): string {
  if (nextAttemptAt === undefined) return 'trying now'
  return `next attempt in ${Math.max(1, Math.ceil((nextAttemptAt - nowMs) / 1000))} s`
}
