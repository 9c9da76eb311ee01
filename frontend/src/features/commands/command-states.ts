import type { Command, CommandState } from '@webmacs/contracts'

/** How a state looks: its icon and colour. */
export type StateTone = 'open' | 'written' | 'good' | 'bad' | 'void'

export const STATE_TEXTS = {
  requested: { text: 'Asked', tone: 'open' },
  accepted: { text: 'Accepted', tone: 'open' },
  written: { text: 'Written', tone: 'written' },
  confirmed: { text: 'Confirmed', tone: 'good' },
  unverified: { text: 'Written, not verifiable', tone: 'written' },
  mismatch: { text: 'Other value read back', tone: 'bad' },
  timeout: { text: 'Not confirmed in time', tone: 'bad' },
  refused: { text: 'Refused', tone: 'bad' },
  expired: { text: 'Expired', tone: 'bad' },
  superseded: { text: 'Superseded', tone: 'void' },
  failed: { text: 'Failed', tone: 'bad' },
  cancelled: { text: 'Cancelled', tone: 'void' },
} as const satisfies Record<CommandState, { text: string; tone: StateTone }>

/** Why a command was not done, as a sentence; undefined where nothing is wrong. */
export function reasonOf({ state, detail }: Command): string | undefined {
  const { tone, text } = STATE_TEXTS[state]
  return tone === 'bad' || tone === 'void' ? (detail ?? `${text}.`) : undefined
}
