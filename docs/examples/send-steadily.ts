import { loadavg } from 'node:os'
import { setInterval } from 'node:timers/promises'
import { client } from './connect.ts'

const [eventId = ''] = process.argv.slice(2)

const sender = client.telemetry()
for await (const _ of setInterval(1000)) {
  const [load = 0] = loadavg()
  // Resolves when the server has it. While the server is away it waits, and sends it again without storing it twice.
  const { rejected } = await sender.send([{ event_public_id: eventId, value: load }])
  for (const { reason } of rejected) console.log(reason)
}
