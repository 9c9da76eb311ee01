export { type Client, type ClientOptions, createClient, type PageQuery } from './client.ts'
export { ClientError, type ClientErrorFacts } from './client-error.ts'
export { type LiveState, POLL_INTERVAL_MS } from './live-state.ts'
export {
  createLiveStream,
  type LiveStream,
  type LiveStreamOptions,
  type NetworkEvents,
  type StreamSocket,
} from './live-stream.ts'
export type { Timers } from './timers.ts'
