import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

/**
 * Pings, and cuts a connection from which nothing came since the last ping: its other end is gone without a word. While we do not read
 * (back-pressure) its silence is ours.
 */
export function watchPings(socket: WebSocket, wire: Socket, intervalMs: number): void {
  let bytesRead = wire.bytesRead
  let isAwaiting = false
  const timer = setInterval(() => {
    const isSilent = wire.bytesRead === bytesRead
    if (isAwaiting && isSilent && !socket.isPaused) {
      socket.terminate()
      return
    }
    bytesRead = wire.bytesRead
    // After a pause the pong has yet to be read.
    isAwaiting = !socket.isPaused
    socket.ping()
  }, intervalMs)
  socket.on('close', () => clearInterval(timer))
}
