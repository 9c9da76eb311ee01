import { QueryClient } from '@tanstack/react-query'
import { type Client, createClient } from '@webmacs/client'
import { createContext, useContext } from 'react'
import { forgetLinks } from '../features/exports/download-links.ts'
import { createLiveConnection, type LiveConnection } from '../features/live/live-connection.ts'
import { createSession, type Session } from './session.ts'

/** What the pages work with, built once per page load. */
export interface Services {
  readonly client: Client
  readonly session: Session
  readonly queries: QueryClient
  readonly live: LiveConnection
}

/** How often something that failed is asked for again. */
const RECOVERY_MS = 5000

export function createServices(page: Window): Services {
  const session = createSession(page.localStorage, page)
  const client = createClient({
    baseUrl: '',
    getToken: session.token,
    onUnauthorized: session.signOut,
    retry: { maxRetryAfterMs: 3000 }, // people see the failure rather than nothing; pages ask again by themselves
  })
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        retry: false, // the client has tried three times by then
        // A wall screen has nobody to press a button.
        refetchInterval: (query) => (query.state.status === 'error' ? RECOVERY_MS : false),
        staleTime: 10_000,
        networkMode: 'always', // the rig's network may know no internet; the requests tell by themselves
      },
    },
  })
  const live = createLiveConnection({
    client,
    url: page.location.origin.replace(/^http/, 'ws'),
    getToken: session.token,
    onUnauthorized: session.signOut,
    network: page,
    schedule: (flush) => {
      page.requestAnimationFrame(flush)
    },
  })
  session.subscribe(() => {
    if (session.token() !== undefined) return
    live.stop()
    live.readings.clear()
    queries.clear()
    forgetLinks(page.localStorage)
  })
  return { client, session, queries, live }
}

const ServicesContext = createContext<Services | undefined>(undefined)
export const ServicesProvider = ServicesContext.Provider

export function useServices(): Services {
  const services = useContext(ServicesContext)
  if (services === undefined) throw new Error('useServices needs a ServicesProvider above it')
  return services
}
