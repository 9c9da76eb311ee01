import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { type ChartSearch, searchOf, viewOf } from './chart-search.ts'
import { createViewStore, type ViewStore } from './view-store.ts'

/** The address follows a drag when it has come to rest. */
const ADDRESS_MS = 400

interface ChartViewInput {
  readonly search: ChartSearch
  readonly events: readonly string[]
  readonly onSearch: (search: ChartSearch) => void
}

/** Where the chart looks: the address says it at first and whenever somebody else changes it; afterwards the address follows. */
export function useChartView({ search, events, onSearch }: ChartViewInput): ViewStore {
  const { ticker } = useServices().live
  const [view] = useState(() => {
    const now = (): number => ticker.exactNow() / 1000
    return createViewStore(viewOf(search, now()), now)
  })
  const address = useMemo(() => rangeKey(search), [search])
  const written = useRef(address)
  const write = useDebouncedCallback(() => {
    const next = searchOf(view.get(), events)
    written.current = rangeKey(next)
    onSearch(next)
  }, ADDRESS_MS)
  useEffect(() => view.subscribe(write), [view, write])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address stands for the search
  useEffect(() => {
    if (address === written.current) return
    written.current = address
    view.set(viewOf(search, ticker.exactNow() / 1000), { isStep: true })
  }, [address, view])
  return view
}

const rangeKey = ({ last, from, to }: ChartSearch): string => JSON.stringify({ last, from, to })
