import { type Static, Type } from 'typebox'

interface ErrorSpec {
  readonly status: number
  readonly title: string
  readonly retryable: boolean
}

/** Every error that the system answers with, once. Codes are never used again for something else. */
export const ERRORS = {
  'auth.required': { status: 401, title: 'Authentication required', retryable: false },
  'auth.bad-credentials': { status: 401, title: 'Invalid email or password', retryable: false },
  'auth.invalid-token': { status: 401, title: 'Invalid or expired token', retryable: false },
  'auth.revoked-token': { status: 401, title: 'Token has been revoked', retryable: false },
  'auth.expired-token': { status: 401, title: 'API token has expired', retryable: false },
  'auth.user-gone': { status: 401, title: 'User not found', retryable: false },
  'auth.forbidden': { status: 403, title: 'Not allowed', retryable: false },
  'auth.login-needed': { status: 403, title: 'An API token is not enough here', retryable: false },
  'auth.throttled': { status: 429, title: 'Too many failed logins', retryable: true },
  'request.invalid': { status: 422, title: 'Invalid request', retryable: false },
  'request.too-large': { status: 413, title: 'Request too large', retryable: false },
  'request.media-type': { status: 415, title: 'Unsupported media type', retryable: false },
  'request.malformed': { status: 400, title: 'Malformed HTTP request', retryable: false },
  'request.timeout': { status: 408, title: 'Request took too long to arrive', retryable: true },
  'request.header-too-large': { status: 431, title: 'Request headers too large', retryable: false },
  'request.rate-limited': { status: 429, title: 'Too many requests', retryable: true },
  'request.range': { status: 416, title: 'Range is not in the file', retryable: false },
  'request.precondition': { status: 412, title: 'Changed by somebody else meanwhile', retryable: false },
  'request.key-reused': { status: 422, title: 'Idempotency key was used for another body', retryable: false },
  'route.unknown': { status: 404, title: 'Not Found', retryable: false },
  'route.method': { status: 405, title: 'Method Not Allowed', retryable: false },
  'event.unknown': { status: 404, title: 'Unknown event', retryable: false },
  'event.exists': { status: 409, title: 'Event already exists', retryable: false },
  'event.range': { status: 422, title: 'Range is empty', retryable: false },
  'event.not-linked': { status: 409, title: 'Event is not linked to an enabled plugin instance', retryable: false },
  'user.unknown': { status: 404, title: 'Unknown user', retryable: false },
  'user.exists': { status: 409, title: 'User already exists', retryable: false },
  'user.self': { status: 409, title: 'You cannot delete yourself', retryable: false },
  'user.last-admin': { status: 409, title: 'The last admin has to stay one', retryable: false },
  'token.unknown': { status: 404, title: 'Unknown API token', retryable: false },
  'experiment.unknown': { status: 404, title: 'Unknown experiment', retryable: false },
  'experiment.exists': { status: 409, title: 'Experiment already exists', retryable: false },
  'experiment.running': { status: 409, title: 'An experiment is running', retryable: false },
  'datapoint.unknown': { status: 404, title: 'Unknown datapoint', retryable: false },
  'datapoint.pending': { status: 409, title: 'Datapoint is not stored yet', retryable: true },
  'datapoint.time': { status: 422, title: 'Time of measurement cannot be stored', retryable: false },
  'datapoint.range': { status: 422, title: 'Range of time is empty', retryable: false },
  'historian.job-unknown': { status: 404, title: 'Unknown job of the historian', retryable: false },
  'historian.retention': { status: 422, title: 'Retention contradicts itself', retryable: false },
  'export.unknown': { status: 404, title: 'Unknown export', retryable: false },
  'export.gone': { status: 410, title: 'Export is not kept any more', retryable: false },
  'export.not-ready': { status: 409, title: 'Export is not finished yet', retryable: true },
  'export.failed': { status: 409, title: 'Export failed', retryable: false },
  'export.too-many': { status: 429, title: 'Too many exports at once', retryable: true },
  'export.no-space': { status: 507, title: 'No room on the disk for the export', retryable: false },
  'log.unknown': { status: 404, title: 'Unknown log entry', retryable: false },
  'dashboard.unknown': { status: 404, title: 'Unknown dashboard', retryable: false },
  'widget.unknown': { status: 404, title: 'Unknown widget', retryable: false },
  'plugin.unknown': { status: 404, title: 'Unknown plugin instance', retryable: false },
  'plugin.exists': { status: 409, title: 'Plugin instance already exists', retryable: false },
  'plugin.not-running': { status: 409, title: 'Plugin instance is not run by a controller', retryable: false },
  'channel.unknown': { status: 404, title: 'Unknown channel mapping', retryable: false },
  'channel.exists': { status: 409, title: 'Channel is mapped already', retryable: false },
  'channel.event-taken': { status: 409, title: 'Event is linked to another channel', retryable: false },
  'plugin.undescribed': { status: 504, title: 'Controller does not say what channels there are', retryable: true },
  'package.unknown': { status: 404, title: 'Unknown plugin package', retryable: false },
  'package.bundled': { status: 400, title: 'Bundled plugins cannot be removed', retryable: false },
  'package.in-use': { status: 409, title: 'Plugin package is used by instances', retryable: false },
  'package.not-a-package': { status: 422, title: 'File is not a package', retryable: false },
  'package.too-large': { status: 413, title: 'Package is too large', retryable: false },
  'package.no-plugins': { status: 422, title: 'Package announces no plugins', retryable: false },
  'package.plugin-taken': { status: 409, title: 'Plugin id belongs to another package', retryable: false },
  'package.version': { status: 409, title: 'Package is not newer than the one that is installed', retryable: false },
  'package.node-version': { status: 422, title: 'Package needs another version of Node.js', retryable: false },
  'package.platform': { status: 422, title: 'Package is for another platform', retryable: false },
  'package.unbundled': { status: 422, title: 'Package does not bring its dependencies along', retryable: false },
  'package.native': {
    status: 422,
    title: 'Native parts of the package are missing for this platform',
    retryable: false,
  },
  'package.path': { status: 422, title: 'Package reaches outside of its folder', retryable: false },
  'package.bomb': { status: 422, title: 'Package is too large when unpacked', retryable: false },
  'package.broken': { status: 422, title: 'Plugin of the package does not start', retryable: false },
  'command.unknown': { status: 404, title: 'Unknown command', retryable: false },
  'command.exists': { status: 409, title: 'Command id is taken', retryable: false },
  'command.not-an-output': { status: 409, title: 'Nothing can be set there', retryable: false },
  'command.refused': { status: 409, title: 'Command was refused', retryable: false },
  'command.superseded': { status: 409, title: 'A newer command took its place', retryable: false },
  'command.failed': { status: 409, title: 'Device did not take the value', retryable: false },
  'command.mismatch': { status: 409, title: 'Device has another value than was written', retryable: false },
  'command.expired': { status: 504, title: 'Command came too late to be written', retryable: true },
  'command.timeout': { status: 504, title: 'Device does not confirm the value', retryable: true },
  'device.away': { status: 504, title: 'Device cannot be reached', retryable: true },
  'controller.away': { status: 504, title: 'Controller does not answer', retryable: true },
  'cycle.unusable': { status: 409, title: 'Valve cycle cannot be run', retryable: false },
  'database.unavailable': { status: 503, title: 'Database cannot be reached', retryable: true },
  'broker.unavailable': { status: 503, title: 'Message broker cannot be reached', retryable: true },
  'historian.behind': { status: 503, title: 'Historian is too far behind to take more', retryable: true },
  'historian.unavailable': { status: 503, title: 'Historian cannot be reached', retryable: true },
  'service.unavailable': { status: 503, title: 'Service cannot be reached', retryable: true },
  internal: { status: 500, title: 'Internal error', retryable: false },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERRORS

/** A field that broke a rule. */
export const FieldError = Type.Object({
  field: Type.String({ description: 'Where, as a path: body.min_value, query.page', examples: ['body.min_value'] }),
  rule: Type.String({ description: 'The rule, as a sentence', examples: ['must be number'] }),
  value: Type.Optional(
    Type.Unknown({
      description:
        'What was sent, cut to a hundred characters; left out when it was nothing, secret, a list or an object',
      examples: ['warm'],
    }),
  ),
})
export type FieldError = Static<typeof FieldError>

/** Problem details (RFC 9457). `detail` is always a string; older clients show it as it is. */
export const Problem = Type.Object(
  {
    type: Type.String({
      description: 'about:blank, or a page that explains the error',
      examples: ['about:blank'],
    }),
    title: Type.String({ description: 'What kind of error this is', examples: ['Invalid request'] }),
    status: Type.Integer({ description: 'HTTP status', examples: [422] }),
    detail: Type.String({
      description: 'What went wrong this time, as a sentence',
      examples: ['body.min_value must be number.'],
    }),
    instance: Type.String({ description: 'Path of the request', examples: ['/api/v1/events'] }),
    code: Type.String({ description: 'Stable code, see the error reference', examples: ['request.invalid'] }),
    traceId: Type.String({
      description: 'Request id; quote it when you report the error',
      examples: ['5897ca49-22e1-4208-ba61-d1f7f898522a'],
    }),
    errors: Type.Optional(Type.Array(FieldError, { description: 'Fields that broke a rule, twenty at most' })),
  },
  { description: 'Problem details (RFC 9457)' },
)
export type Problem = Static<typeof Problem>

export interface AppErrorOptions {
  /** The sentence for the person who asked; the code's title when left out. */
  readonly detail?: string
  readonly errors?: readonly FieldError[]
  /** When asking again makes sense, seconds. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** An expected failure: thrown anywhere, answered as problem details by each service's one error handler. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.detail ?? `${ERRORS[code].title}.`, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.errors = options.errors
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}
