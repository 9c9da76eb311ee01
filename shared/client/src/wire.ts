import type * as contracts from '@webmacs/contracts'

/*
 * Constants of the contracts, written out: importing their values would bring every schema into a browser's bundle. Each has the literal
 * type of the original, so that the two cannot differ.
 */
export const API_BASE: typeof contracts.API_BASE = '/api/v1'
export const MAX_PAGE_SIZE: typeof contracts.MAX_PAGE_SIZE = 100
export const MAX_BATCH_SIZE: typeof contracts.MAX_BATCH_SIZE = 500
export const MAX_IDEMPOTENCY_KEY: typeof contracts.MAX_IDEMPOTENCY_KEY = 255
export const COMMAND_ERRORS: typeof contracts.COMMAND_ERRORS = [
  'command.refused',
  'command.expired',
  'command.superseded',
  'command.failed',
  'command.mismatch',
  'command.timeout',
  'device.away',
  'controller.away',
]
export const STREAM_PATH: typeof contracts.STREAM_PATH = '/ws/datapoints/stream'
export const TELEMETRY_PATH: typeof contracts.TELEMETRY_PATH = '/ws/controller/telemetry'
export const STREAM_HEARTBEAT_MS: typeof contracts.STREAM_HEARTBEAT_MS = 5000
export const SOCKET_PROTOCOL: typeof contracts.SOCKET_PROTOCOL = 'webmacs'
export const SOCKET_TOKEN_PROTOCOL: typeof contracts.SOCKET_TOKEN_PROTOCOL = 'webmacs.token.'
export const CLOSE_UNSUPPORTED: (typeof contracts.CLOSE)['unsupported'] = 1003
export const CLOSE_POLICY: (typeof contracts.CLOSE)['policy'] = 1008
export const CLOSE_TOO_LARGE: (typeof contracts.CLOSE)['tooLarge'] = 1009
export const OPERATOR_ONLY: (typeof contracts.CLOSE_REASON)['operatorOnly'] = 'Operator privileges required'
export const ROLE_CHANGED: (typeof contracts.CLOSE_REASON)['roleChanged'] = 'Role has changed'
