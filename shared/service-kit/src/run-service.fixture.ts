import { setTimeout as delay } from 'node:timers/promises'
import { Type } from 'typebox'
import { loadConfig, serviceEnvironment } from './config.ts'
import { runService } from './run-service.ts'

const Environment = Type.Object({ ...serviceEnvironment(0), BEHAVIOUR: Type.String({ default: 'good' }) })

await runService({
  name: 'fixture',
  loadConfig: (env) => loadConfig(Environment, env),
  shutdownDeadlineMs: 500,
  start: async ({ BEHAVIOUR }, { log, signal }) => {
    log.info({ event: 'fixture.starting' }, 'starting')
    if (BEHAVIOUR === 'slow-start') await delay(60_000, undefined, { signal })
    if (BEHAVIOUR === 'fails') throw new Error('no such device')
    const open = setInterval(() => undefined, 1000)
    if (BEHAVIOUR === 'crashes') setImmediate(() => Promise.reject(new Error('lost track')))
    return {
      ports: { ops: 1234 },
      stop: async () => {
        if (BEHAVIOUR === 'hangs') await new Promise(() => undefined)
        log.info({ event: 'fixture.flushed' }, 'flushed')
        clearInterval(open)
      },
    }
  },
})
