import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import { type Claim, keepClaim, LEASE_SECONDS } from './claims.ts'
import type { Meter } from './meter.ts'

export interface HoldOptions {
  readonly db: Kysely<Tables>
  readonly log: Logger
  readonly claim: Claim
  readonly meter: Meter
  /** Called when somebody else may have the export, or it was cancelled. */
  readonly onLost: () => void
  /** Looked at each time as well; an AppError that it throws is handed to `onTrouble`, other trouble may pass. */
  readonly check?: () => Promise<void>
  readonly onTrouble?: (err: AppError) => void
}

/** How often progress is written down. */
const INTERVAL_MS = 1000

/** Renews a claim and tells its progress until it is disposed of. */
export function holdClaim(options: HoldOptions): AsyncDisposable {
  const ended = new AbortController()
  const holding = hold(options, ended.signal)
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort()
      await holding
    },
  }
}

async function hold(
  { db, log, claim, meter, onLost, check, onTrouble }: HoldOptions,
  ended: AbortSignal,
): Promise<void> {
  let heldUntil = performance.now() + LEASE_SECONDS * 1000
  while (await passed(INTERVAL_MS, ended)) {
    const asked = performance.now()
    try {
      if (!(await keepClaim(db, claim, meter.progress))) return onLost()
      heldUntil = asked + LEASE_SECONDS * 1000
    } catch (err) {
      log.warn(
        { event: 'exports.claim-not-renewed', err, exportId: claim.id },
        'claim of an export could not be renewed',
      )
      if (performance.now() >= heldUntil) return onLost()
    }
    try {
      await check?.()
    } catch (err) {
      if (err instanceof AppError) onTrouble?.(err)
      else log.warn({ event: 'exports.not-checked', err, exportId: claim.id }, 'an export could not be looked after')
    }
  }
}

const passed = (ms: number, ended: AbortSignal): Promise<boolean> =>
  delay(ms, true, { signal: ended }).catch(() => false) // ended: the only thing it can be rejected for
