import { createClient } from '@webmacs/client'
import { client } from './connect.ts'

// Made once, by a person who is logged in. The answer shows the token this once.
const { token, public_id } = await client.tokens.create({ name: 'weather station', expires_at: '2027-12-31' })

// What runs on the device.
const device = createClient({ baseUrl: process.env.WEBMACS_URL ?? 'http://localhost:8000', getToken: () => token })
console.log(`the device acts as ${(await device.auth.me()).username}`)

// When it is lost: its token works no more within a second.
await client.tokens.delete(public_id)
