/** The command cannot go on; the message is a sentence for the person at the terminal and says what to do. */
export class LaunchError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'LaunchError'
  }
}
