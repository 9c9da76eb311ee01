import { client } from './connect.ts'

const { version, last_datapoint } = await client.health()
console.log(`WebMACS ${version}, newest reading ${last_datapoint ?? 'none yet'}`)

// Every event, from as many pages as there are.
const events = new Map((await client.events.all()).map((event) => [event.public_id, event]))

// The newest reading of each.
for (const { event_public_id, value, timestamp } of await client.datapoints.latest()) {
  const event = events.get(event_public_id)
  console.log(`${event?.name ?? event_public_id}: ${value} ${event?.unit ?? ''} at ${timestamp}`)
}

// The last hour of one, at most 200 points; lowest and highest values survive the thinning.
const [first] = events.keys()
if (first !== undefined) {
  const series = await client.datapoints.series({ event_public_ids: [first], minutes: 60, max_points: 200 })
  console.log(`${series[first]?.length ?? 0} points in the last hour`)
}

// One page of a list, newest readings first.
const { total, data } = await client.datapoints.list({ page: 1, page_size: 10 })
console.log(`${data.length} of ${total} readings`)
