import { type Service, Svcm } from '@nats-io/services'
import type { Bus } from './connection.ts'
import { onceReached } from './waiting.ts'

export interface ServiceIdentity {
  readonly name: string
  /** Semantic version. */
  readonly version: string
  readonly description: string
}

/** Makes the service answer on `$SRV.PING|INFO|STATS`, so that `nats micro ls` lists it; without a connection yet, from the first one on. */
export async function registerService(bus: Bus, identity: ServiceIdentity): Promise<{ stop(): Promise<void> }> {
  let service: Service | undefined
  const add = async (): Promise<void> => {
    service = await new Svcm(bus.nc).add(identity)
  }
  const fail = (err: unknown): void => bus.log.error({ event: 'bus.not-registered', err }, 'service is not listed')
  if (bus.status() !== 'connecting') await add()
  const stopWaiting = service === undefined ? onceReached(bus, () => void add().catch(fail)) : undefined
  return {
    stop: async () => {
      stopWaiting?.()
      await service?.stop()
    },
  }
}
