import type { StreamDatapoint, StreamFault } from '@webmacs/contracts'

type Entry = { readonly reading: StreamDatapoint } | { readonly fault: StreamFault }

export interface LiveBuffer {
  add(readings: readonly StreamDatapoint[], faults: readonly StreamFault[]): void
  /** Everything, in the order it came, and how much was passed over since the last time. */
  take(): { readings: StreamDatapoint[]; faults: StreamFault[]; dropped: number }
}

/**
 * Keeps what a busy reader has not taken yet. Up to `limit` entries, all of them; beyond, the newest of each event and at most `limit` of
 * those, so that a reader that stands still costs no more memory.
 */
export function createLiveBuffer(limit: number): LiveBuffer {
  let entries: Entry[] = []
  /** Newest entry of each event, the longest unchanged first; undefined while all are kept. */
  let newest: Map<string, Entry> | undefined
  let dropped = 0

  const put = (target: Map<string, Entry>, entry: Entry): void => {
    const event = 'reading' in entry ? entry.reading.event_public_id : entry.fault.event_public_id
    if (target.delete(event)) dropped++
    target.set(event, entry)
    const [oldest] = target.keys()
    if (target.size <= limit || oldest === undefined) return
    target.delete(oldest)
    dropped++
  }
  const addOne = (entry: Entry): void => {
    if (newest === undefined && entries.length < limit) {
      entries.push(entry)
      return
    }
    if (newest === undefined) {
      newest = new Map()
      for (const kept of entries) put(newest, kept)
      entries = []
    }
    put(newest, entry)
  }
  return {
    add: (readings, faults) => {
      for (const reading of readings) addOne({ reading })
      for (const fault of faults) addOne({ fault })
    },
    take: () => {
      const kept = newest === undefined ? entries : [...newest.values()]
      const taken = {
        readings: kept.flatMap((entry) => ('reading' in entry ? [entry.reading] : [])),
        faults: kept.flatMap((entry) => ('fault' in entry ? [entry.fault] : [])),
        dropped,
      }
      entries = []
      newest = undefined
      dropped = 0
      return taken
    },
  }
}
