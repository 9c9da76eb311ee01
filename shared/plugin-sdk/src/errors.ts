export type PluginErrorCode =
  | 'definition'
  | 'config'
  | 'connection'
  | 'timeout'
  | 'unknown_channel'
  | 'wrong_state'
  | 'not_writable'
  | 'invalid_value'
  | 'invalid_reading'

/** What drivers and the SDK throw; `code` tells the cases apart across process borders. */
export class PluginError extends Error {
  readonly code: PluginErrorCode
  constructor(code: PluginErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The driver itself is wrong: metadata or channels that no instance could have. */
export class DefinitionError extends PluginError {
  constructor(message: string) {
    super('definition', message)
  }
}

/** The configuration of an instance cannot be used. */
export class ConfigError extends PluginError {
  constructor(message: string, options?: ErrorOptions) {
    super('config', message, options)
  }
}

/** The device cannot be reached, or was lost: whoever runs the driver connects anew. */
export class ConnectionError extends PluginError {
  constructor(message: string, options?: ErrorOptions) {
    super('connection', message, options)
  }
}

/** The device did not answer in time; the next call may succeed. */
export class DeviceTimeoutError extends PluginError {
  constructor(message: string, options?: ErrorOptions) {
    super('timeout', message, options)
  }
}

export class UnknownChannelError extends PluginError {
  readonly channel: string
  constructor(channel: string) {
    super('unknown_channel', `there is no channel "${channel}"`)
    this.channel = channel
  }
}

export class WrongStateError extends PluginError {
  readonly state: string
  constructor(operation: string, state: string) {
    super('wrong_state', `cannot ${operation} while ${state}`)
    this.state = state
  }
}

/** Somebody tried to write an input. */
export class NotWritableError extends PluginError {
  readonly channel: string
  constructor(channel: string) {
    super('not_writable', `channel "${channel}" is an input`)
    this.channel = channel
  }
}

/** A value to write that is no finite number. */
export class InvalidValueError extends PluginError {
  readonly channel: string
  constructor(channel: string, value: unknown) {
    super('invalid_value', `${String(value)} cannot be written to channel "${channel}"`)
    this.channel = channel
  }
}

/** The driver's answer to a read is not an object of channels. */
export class InvalidReadingError extends PluginError {
  constructor(message: string) {
    super('invalid_reading', message)
  }
}

/** Whether something thrown is an error of this SDK, or of another copy of it, with this code: `instanceof` does not tell across copies. */
export function hasPluginErrorCode(err: unknown, code: PluginErrorCode): boolean {
  return err instanceof Error && 'code' in err && err.code === code
}
