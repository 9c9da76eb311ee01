import { Skeleton } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'

interface QueryStateProps<Data> {
  readonly query: UseQueryResult<Data>
  /** What could not be done, as a sentence without a full stop. */
  readonly failure: string
  readonly height?: string
  readonly children: (data: Data) => ReactNode
}

/** Data once it is there; until then the room it will take, or why it is not. */
export function QueryState<Data>({ query, failure, height = '16rem', children }: QueryStateProps<Data>) {
  if (query.data !== undefined) return children(query.data)
  if (query.errorUpdateCount > 0)
    return <Failure title={failure} error={query.error} onRetry={() => void query.refetch()} />
  return <Skeleton height={height} radius="md" />
}
