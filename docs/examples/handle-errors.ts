import { ClientError, isClientError } from '@webmacs/client'
import { client } from './connect.ts'

try {
  await client.events.create({ name: 'TT-101', unit: '°C', min_value: 200, max_value: 0, type: 'sensor' })
} catch (error) {
  if (isClientError(error, 'event.exists', 'event.range')) {
    console.log(error.detail) // a sentence for people
  } else if (isClientError(error, 'request.invalid')) {
    for (const { field, rule } of error.errors) console.log(`${field} ${rule}`)
  } else if (error instanceof ClientError && error.isTemporary) {
    console.log(`try again in ${error.retryAfterSeconds ?? 5} s`)
  } else {
    throw error
  }
}

// Every method takes a signal and a time limit.
const answer = await client.datapoints
  .latest({ signal: AbortSignal.timeout(10_000), timeoutMs: 2000 })
  .catch((error: unknown) => (isClientError(error, 'network') ? [] : Promise.reject(error)))
console.log(`${answer.length} values`)
