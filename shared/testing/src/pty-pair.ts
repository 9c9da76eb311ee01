import { closeSync, constants, openSync } from 'node:fs'
import type { ReadStream } from 'node:tty'
import nodePty from '@lydell/node-pty'

/** A serial line without hardware: a pseudo-terminal, of which the driver under test opens `path` as its serial port. Not on Windows. */
export interface PtyPair extends Disposable {
  /** Device file. */
  readonly path: string
  /** The other end of the line: what is written here arrives at `path`, and back. */
  readonly peer: ReadStream
}

/** What `open` gives; the package's types leave it out. */
interface OpenTerminal {
  readonly _master: ReadStream
  readonly _slave: ReadStream
  readonly _pty: string
}

/** Opens a pair that passes bytes on as they are. */
export function openPtyPair(): PtyPair {
  const { open } = nodePty as unknown as { open(options: { encoding: null }): OpenTerminal } // see OpenTerminal
  const { _master: peer, _slave: slave, _pty: path } = open({ encoding: null })
  // held open, so that the peer outlives drivers that open and close the path; by a file that nobody reads, since the bytes are the driver's
  const held = openSync(path, constants.O_RDWR | constants.O_NOCTTY)
  slave.setRawMode(true)
  slave.destroy()
  return {
    path,
    peer,
    [Symbol.dispose]: () => {
      closeSync(held)
      peer.destroy()
    },
  }
}
