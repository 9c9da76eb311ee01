import { randomBytes } from 'node:crypto'
import { type Bus, type BusLimits, connectBus, provision, unprovision } from '@webmacs/bus'
import { inject } from 'vitest'
import { quietLog } from './quiet-log.ts'

const MIB = 1024 * 1024

/** JetStream reserves a stream's bytes when it is made: small ones, so that many tests fit on one server. */
const TEST_LIMITS: BusLimits = {
  readingsBytes: 256 * MIB,
  readingsAgeHours: 1,
  changesBytes: 4 * MIB,
  changesAgeHours: 1,
  deadBytes: 16 * MIB,
  commandsBytes: 1024 * 1024,
  commandsAgeHours: 1,
  deadAgeHours: 1,
  bucketBytes: 2 * MIB,
  packagesBytes: 8 * MIB,
}

export interface TestBus extends AsyncDisposable {
  readonly url: string
  readonly prefix: string
  readonly bus: Bus
}

/** A connection with subjects, streams and buckets of its own, provisioned; all of it is removed at disposal. */
export async function createTestBus(limits: Partial<BusLimits> = {}): Promise<TestBus> {
  const url = inject('natsUrl')
  const prefix = `t${randomBytes(6).toString('hex')}`
  const bus = await connectBus({ url, prefix, name: 'test', log: quietLog })
  await provision(bus, { ...TEST_LIMITS, ...limits })
  return {
    url,
    prefix,
    bus,
    [Symbol.asyncDispose]: async () => {
      await unprovision(bus)
      await bus.close()
    },
  }
}
