import { Svcm } from '@nats-io/services'
import type { Bus } from './connection.ts'

export interface ServiceIdentity {
  readonly name: string
  /** Semantic version. */
  readonly version: string
  readonly description: string
}

/** Makes the service answer on `$SRV.PING|INFO|STATS`, so that `nats micro ls` lists it. */
export async function registerService(bus: Bus, identity: ServiceIdentity): Promise<{ stop(): Promise<void> }> {
  const service = await new Svcm(bus.nc).add(identity)
  return {
    stop: async () => {
      await service.stop()
    },
  }
}
