import { type ObjectInfo, Objm } from '@nats-io/obj'
import type { Bus } from './connection.ts'

/** Files in an object store of the broker, each under a name. */
export interface FileStore {
  /** Size of each file that is there, bytes. */
  list(): Promise<ReadonlyMap<string, number>>
  /** Resolves when the broker has all of it; a file of that name is replaced, and seen by nobody before it is complete. */
  put(name: string, content: ReadableStream<Uint8Array>): Promise<void>
  /**
   * undefined: there is none. The content ends with an error when it is not whole.
   * @throws Error when the store cannot be read
   */
  get(name: string): Promise<ReadableStream<Uint8Array> | undefined>
  /** Nothing happens to a file that is not there. */
  delete(name: string): Promise<void>
}

export async function openFileStore(bus: Bus, name: string): Promise<FileStore> {
  const store = await new Objm(bus.js).open(name)
  const present = async (file: string): Promise<ObjectInfo | undefined> => {
    const info = await store.info(file)
    return info === null || info.deleted ? undefined : info
  }
  return {
    list: async () => {
      const sizes = new Map<string, number>()
      for (const file of await listNames(bus, name)) {
        const info = await present(file)
        if (info !== undefined) sizes.set(file, info.size)
      }
      return sizes
    },
    put: async (file, content) => void (await store.put({ name: file }, content)),
    get: async (file) => {
      const found = await store.get(file)
      // It ends the content with the same error.
      found?.error.catch(() => undefined)
      return found?.data
    },
    delete: async (file) => {
      if ((await present(file)) !== undefined) await store.delete(file)
    },
  }
}

/** Not by the client's own listing, which may wait for a message that has been replaced meanwhile. The server keeps names in base 64. */
async function listNames(bus: Bus, store: string): Promise<string[]> {
  const prefix = `$O.${store}.M.`
  const { state } = await bus.jsm.streams.info(`OBJ_${store}`, { subjects_filter: `${prefix}>` })
  return Object.keys(state.subjects ?? {})
    .map((subject) => Buffer.from(subject.slice(prefix.length), 'base64url').toString())
    .sort()
}
