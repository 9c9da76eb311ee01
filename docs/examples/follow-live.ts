import { client } from './connect.ts'

const eventIds = process.argv.slice(2)
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

// The stream tells only what is new, so what is known already comes from here.
for (const { event_public_id, value } of await client.datapoints.latest()) console.log(event_public_id, value)

const options = eventIds.length > 0 ? { events: eventIds, maxRateHz: 1 } : {}
for await (const { readings, faults, dropped, state } of client.live({ ...options, signal: stop.signal })) {
  if (state.status !== 'live') console.log(`not live (${state.status}): the values above grow stale`)
  for (const { event_public_id, value, timestamp } of readings) console.log(event_public_id, value, timestamp)
  for (const { event_public_id, quality } of faults) console.log(event_public_id, 'could not be read', quality)
  if (dropped > 0) console.log(`${dropped} readings were passed over, because this loop was too slow for them`)
}
