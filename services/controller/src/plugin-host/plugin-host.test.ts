import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { HostMessage } from './messages.ts'
import { PluginHost } from './plugin-host.ts'

const BENCH = fileURLToPath(new URL('../testing/plugins/bench/src/index.ts', import.meta.url))

test('says that its device is lost although the driver has written more than it may', async () => {
  const lost = Promise.withResolvers<HostMessage>()
  const host = new PluginHost({
    send: async (message) => {
      if (message.type === 'log' && message.event === 'device.lost') lost.resolve(message)
    },
    exit: () => undefined,
  })
  await host.handle({
    type: 'start',
    plugin: 'bench',
    module: BENCH,
    instanceName: 'Bench',
    demoMode: false,
    config: { fault: 'invent-events', after: 0, record: '' },
    plan: {
      intervalMs: 10,
      channels: [
        {
          ...{ channel: 'counter', isMapped: true, intervalMs: undefined, deadband: undefined },
          ...{ maxSilenceMs: undefined, calibration: undefined, output: undefined },
        },
      ],
    },
    setpoints: {},
    deadlines: { connectMs: 1000, readMs: 1000, stopMs: 1000 },
  })
  expect(await lost.promise).toMatchObject({ level: 'warn', facts: { err: { message: 'cable pulled' } } })
  await host.stop(0)
})
