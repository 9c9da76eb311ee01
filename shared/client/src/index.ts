export { type Client, type ClientOptions, createClient } from './client.ts'
export { ClientError, type ClientErrorCode, type ClientErrorFacts, isClientError } from './client-error.ts'
export type { CredentialOptions, MaybePromise } from './credentials.ts'
export type { RequestOptions, Versioned } from './http.ts'
export type { Listed, PageQuery } from './lists.ts'
export type { LiveBatch, LiveOptions } from './live.ts'
export { type LiveState, POLL_INTERVAL_MS } from './live-state.ts'
export { createLiveStream, type LiveStream, type LiveStreamOptions, type NetworkEvents } from './live-stream.ts'
export { type PasswordSessionOptions, passwordSession } from './password-session.ts'
export type { CommandsClient } from './resources/commands.ts'
export type { DatapointFilter, DatapointsClient, DeletionsClient, SendOptions } from './resources/datapoints.ts'
export type { ExportsClient } from './resources/exports.ts'
export type { HistorianClient, RepairsClient, RetentionClient } from './resources/historian.ts'
export type { ReadSeries, SeriesRange } from './resources/series.ts'
export type { ChangeOptions, Created } from './resources/things.ts'
export type { ValveCycleClient } from './resources/valve-cycle.ts'
export type { RetryPolicy } from './retry.ts'
export type { OpenSocket, SenderSocket, StreamSocket } from './socket.ts'
export {
  createTelemetrySender,
  type TelemetryLimits,
  type TelemetrySender,
  type TelemetrySenderOptions,
} from './telemetry.ts'
export type { Timers } from './timers.ts'
