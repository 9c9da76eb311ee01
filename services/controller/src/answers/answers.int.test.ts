import { request } from '@webmacs/bus'
import { DescribeReply, newId, TestReply, ValuesReply } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { CONTROLLER, startRig } from '../testing/rig.ts'

/** A controller with a rig that runs, and a way to ask it. */
async function asked() {
  const rig = await startRig()
  await rig.site.startController()
  await rig.untilConnected()
  const { bus } = rig.site
  const subject = (verb: 'values' | 'describe' | 'test') => bus.names.subjects.controllers(CONTROLLER, verb)
  return {
    rig,
    values: (instance: string) => request(bus, subject('values'), { instance }, ValuesReply, { timeoutMs: 10_000 }),
    describe: (plugin: string, config: object) =>
      request(bus, subject('describe'), { plugin, config }, DescribeReply, { timeoutMs: 20_000 }),
    test: (plugin: string, config: object) =>
      request(bus, subject('test'), { plugin, config, demo_mode: false }, TestReply, { timeoutMs: 20_000 }),
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  }
}

test('says what all channels of an instance show, mapped or not', async () => {
  await using site = await asked()
  await site.rig.set('valve', 40)
  const { values } = await site.values(site.rig.instance.instance)
  expect(values.map(({ channel_id }) => channel_id)).toEqual([
    'temperature',
    'valve',
    'slow',
    'stuck',
    'silent',
    'blind',
  ])
  expect(values).toContainEqual(expect.objectContaining({ channel_id: 'temperature', value: 20 }))
  expect(values).toContainEqual(expect.objectContaining({ channel_id: 'valve', value: 40, time: expect.any(String) }))
  await expect(site.values(newId('plg'))).rejects.toMatchObject({ code: 'plugin.unknown' })
})

test('says which channels a driver has under a configuration, and what is wrong with one', async () => {
  await using site = await asked()
  const { channels } = await site.describe('rig', {})
  expect(channels.map(({ id }) => id)).toContain('valve')
  await expect(site.describe('rig', { slowMs: 'long' })).rejects.toMatchObject({
    code: 'request.invalid',
    message: 'config.slowMs must be integer.',
  })
  await expect(site.describe('ghost', {})).rejects.toMatchObject({ code: 'plugin.unknown' })
})

test('tries whether a device can be read, three at once, and writes nothing', async () => {
  await using site = await asked()
  const before = await site.rig.record()
  const config = site.rig.instance.config
  const replies = await Promise.all([site.test('rig', config), site.test('rig', config), site.test('rig', config)])
  for (const reply of replies) {
    expect(reply).toMatchObject({ ok: true, message: null })
    expect(reply.values).toContainEqual(expect.objectContaining({ channel_id: 'temperature', value: 20 }))
  }
  const lines = (await site.rig.record()).slice(before.length)
  expect(lines.filter((line) => line.includes('='))).toEqual([])
  expect(lines.filter((line) => line === 'disconnected')).toHaveLength(3)
})
