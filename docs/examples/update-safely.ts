import { isClientError } from '@webmacs/client'
import { client } from './connect.ts'

const [eventId = ''] = process.argv.slice(2)

/** Adds a tag, and loses none that somebody else adds in the same moment. */
async function addTag(id: string, tag: string): Promise<void> {
  for (;;) {
    const { value: event, version } = await client.events.getVersioned(id)
    try {
      await client.events.update(id, { tags: [...new Set([...event.tags, tag])] }, { ifVersion: version })
      return
    } catch (error) {
      if (!isClientError(error, 'request.precondition')) throw error // changed meanwhile: read it again
    }
  }
}

await addTag(eventId, 'checked')
