import { useRef } from 'react'
import { isRecord } from './form-model.ts'

/** What a row calls itself, else which it is. */
export function rowName(item: unknown, title: string, place: number): string {
  const names = isRecord(item) ? [item.name, item.id] : []
  const own = names.find((name): name is string => typeof name === 'string' && name.trim() !== '')
  return own ?? `${title} ${place + 1}`
}

/** Keys that stay with their rows when one above is taken away, so that what is being typed stays where it is. */
export function useRowKeys(count: number) {
  const keys = useRef<number[]>([])
  const next = useRef(0)
  const added = useRef(new Set<number>())
  while (keys.current.length < count) keys.current.push(next.current++)
  keys.current.length = count
  return {
    keys: keys.current,
    /** The next row is one that the user adds. */
    add: (): void => {
      added.current.add(next.current)
    },
    isNew: (place: number): boolean => added.current.has(keys.current[place] ?? -1),
    remove: (place: number): void => {
      keys.current = keys.current.filter((_key, other) => other !== place)
    },
  }
}
