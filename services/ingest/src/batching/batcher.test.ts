import type { JsMsg } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import type { Batch } from './batch.ts'
import { Batcher, type BatcherOptions } from './batcher.ts'

/** Only what the batcher looks at. */
const aMessage = (bytes = 1): JsMsg => ({ data: new Uint8Array(bytes) }) as JsMsg

/** A batcher of one row a message whose commits end when the test says so. */
function startBatcher(options: Partial<BatcherOptions> = {}) {
  const commits: { batch: Batch; finish: () => void; fail: (err: Error) => void }[] = []
  const batcher = new Batcher({
    maxRows: 3,
    maxBytes: 1000,
    maxAgeMs: 60_000,
    lanes: 1,
    accept: (message, batch) => {
      batch.addMessage(message)
      batch.addRow(0, 1, 1, 0)
    },
    commit: (batch) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      commits.push({ batch, finish: resolve, fail: reject })
      return promise
    },
    ...options,
  })
  const add = (count: number, bytes?: number): void => {
    for (let sent = 0; sent < count; sent += 1) batcher.add(aMessage(bytes))
  }
  return { batcher, commits, add }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('closes a batch by rows and by bytes', () => {
  const { commits, add } = startBatcher({ lanes: 2 })
  add(3)
  add(1, 1000)
  expect(commits.map(({ batch }) => batch.messages.length)).toEqual([3, 1])
})

test('closes a batch when its first message is old enough', async () => {
  const { batcher, commits, add } = startBatcher({ maxAgeMs: 1 })
  add(2)
  const deadline = performance.now() + 2000
  while (commits.length === 0 && performance.now() < deadline) await settled()
  expect(commits[0]?.batch.rows).toBe(2)
  commits[0]?.finish()
  await batcher.drain()
})

test('commits no more batches at once than it has lanes, and says when there is room', async () => {
  const { batcher, commits, add } = startBatcher({ lanes: 2 })
  add(12)
  expect(commits).toHaveLength(2)
  let hasRoom = false
  const room = batcher.room().then(() => {
    hasRoom = true
  })
  await settled()
  expect(hasRoom).toBe(false)
  commits[0]?.finish()
  await room
  expect(commits).toHaveLength(3)
})

test('decodes no more than fills its batches, keeps the rest alive and in order, and drains it', async () => {
  const accepted: JsMsg[] = []
  const worked: JsMsg[] = []
  const messages = Array.from({ length: 40 }, () => {
    const message = { ...aMessage(), working: () => void worked.push(message) } as JsMsg
    return message
  })
  const { batcher, commits } = startBatcher({
    accept: (message, batch) => {
      accepted.push(message)
      batch.addMessage(message)
      batch.addRow(0, 1, 1, 0)
    },
  })
  for (const message of messages) batcher.add(message)
  expect(accepted).toHaveLength(9)
  batcher.sayWorking()
  expect(new Set(worked)).toEqual(new Set(messages))
  const drained = batcher.drain()
  for (let ended = 0; ended < Math.ceil(messages.length / 3); ended += 1) {
    commits[ended]?.finish()
    await settled()
  }
  await drained
  expect(commits.flatMap(({ batch }) => batch.messages)).toEqual(messages)
})

test('drains what is there, however young', async () => {
  const { batcher, commits, add } = startBatcher()
  add(4)
  const drained = batcher.drain()
  commits[0]?.finish()
  await settled()
  expect(commits[1]?.batch.rows).toBe(1)
  commits[1]?.finish()
  await drained
})

test('tells whoever waits that a commit was given up', async () => {
  const { batcher, commits, add } = startBatcher()
  add(9)
  const room = batcher.room()
  commits[0]?.fail(new Error('stopping'))
  await expect(room).rejects.toThrow('stopping')
  await expect(batcher.drain()).rejects.toThrow('stopping')
})
