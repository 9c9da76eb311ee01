import { type EventId, newId, nowMicros } from '@webmacs/contracts'
import { createLogger } from '@webmacs/service-kit'
import { DiskOutbox } from '../outbox/disk-outbox.ts'

// Appends as fast as it can, and says after each frame how many it has, until it is killed.
const [path = ''] = process.argv.slice(2)
const outbox = new DiskOutbox({
  path,
  source: 'lab-1',
  epoch: 'killed',
  liveAge: 1e7,
  bounds: { maxBytes: 1e9, maxAge: 1e18, maxUnwrittenBytes: 1e6 },
  log: createLogger({ service: 'controller', level: 'fatal' }),
  onDropped: () => undefined,
})
const event: EventId = newId('evt')
for (let count = 1; ; count++) {
  outbox.append({ instance: 'plg', time: nowMicros(), values: { [event]: count } })
  process.stdout.write(`${count}\n`)
  if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
}
