/** How the live stream stands. Times are wall-clock milliseconds since 1970. */
export type LiveState =
  /** No values arrive yet. `nextAttemptAt` is undefined while an attempt is under way; `reason` is undefined before the first failure. */
  | { readonly status: 'connecting'; readonly reason: string | undefined; readonly nextAttemptAt: number | undefined }
  /** Connected. `source: 'stale'`: the server is there, but cut off from its own source of values. */
  | { readonly status: 'live'; readonly source: 'live' | 'stale' }
  /** Several attempts failed: the caller should ask for the latest values every `POLL_INTERVAL_MS`; attempts go on meanwhile. */
  | { readonly status: 'polling'; readonly reason: string; readonly nextAttemptAt: number | undefined }
  /** Ended for good: by `stop()`, or because the server refused the token; `detail` is its reason. */
  | { readonly status: 'stopped'; readonly reason: 'closed' | 'unauthorized'; readonly detail?: string }

/** How often to ask for the latest values while polling. */
export const POLL_INTERVAL_MS = 1500
