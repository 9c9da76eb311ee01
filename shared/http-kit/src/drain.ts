import type { FastifyInstance } from 'fastify'

/**
 * Ends connections with the answers that are still under way when the server closes: kept alive, each would hold up the stop until its client
 * lets go.
 */
export function drainConnections(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close')
  })
}
