import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@webmacs/service-kit'
import { onTestFinished } from 'vitest'
import { DiskOutbox, type DiskOutboxOptions } from '../outbox/disk-outbox.ts'

export const SECOND = 1_000_000

/** A path for an outbox, in a folder that goes with the test. */
export function anOutboxPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'webmacs-outbox-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'outbox.db')
}

/** Closed when the test is over. */
export function openTestOutbox(overrides: Partial<DiskOutboxOptions> = {}): DiskOutbox {
  const outbox = new DiskOutbox({
    path: overrides.path ?? anOutboxPath(),
    source: 'lab-1',
    epoch: 'e1',
    liveAge: 10 * SECOND,
    log: createLogger({ service: 'controller', level: 'fatal' }),
    onDropped: () => undefined,
    ...overrides,
    bounds: { maxBytes: 100_000_000, maxAge: 1e18, maxUnwrittenBytes: 100_000_000, ...overrides.bounds },
  })
  onTestFinished(() => outbox.close())
  return outbox
}
