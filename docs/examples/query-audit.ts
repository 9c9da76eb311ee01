import { client } from './connect.ts'

const aWeekAgo = new Date(Date.now() - 7 * 24 * 3600 * 1000).toISOString()

// Page by page while the loop goes on: who changed events in the last week, from what to what.
for await (const entry of client.audit.each({ entity: 'event', from: aWeekAgo })) {
  console.log(entry.time, entry.username ?? 'the system', entry.action, entry.entity_public_id)
  console.log('  before', entry.before, 'after', entry.after)
}
