import { client } from './connect.ts'

const [eventId = ''] = process.argv.slice(2)

// What a logger gathered while it had no network: a value a second for twenty minutes, with the times of measurement.
const began = Date.parse('2026-11-23T16:00:00Z')
const readings = Array.from({ length: 1200 }, (_, second) => ({
  event_public_id: eventId,
  value: 20 + Math.sin(second / 60),
  timestamp: new Date(began + second * 1000).toISOString(),
}))

// The key names this set of readings: running the program again stores nothing twice.
const { accepted, rejected } = await client.datapoints.createBatch(readings, { idempotencyKey: 'logger-7-2026-11-23' })
console.log(`${accepted} taken`)
for (const { index, code, reason } of rejected) console.log(`reading ${index}: ${reason} (${code})`)
