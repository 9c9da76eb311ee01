/** An embedded server cannot run here; the message says why and what to do about it. */
export class EmbeddedServerError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'EmbeddedServerError'
  }
}
