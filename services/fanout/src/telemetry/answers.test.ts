import { expect, test } from 'vitest'
import { Answers, type Outlet } from './answers.ts'

/** A socket whose client never reads. */
class UnreadOutlet implements Outlet {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  closed: number | undefined

  send(data: string): void {
    this.bufferedAmount += data.length
  }

  close(code: number): void {
    this.closed ??= code
  }

  terminate(): void {
    this.readyState = 3
  }
}

test('leaves errors out that an older controller does not read, and keeps it', () => {
  const outlet = new UnreadOutlet()
  const answers = new Answers(outlet)
  for (let n = 0; n < 10_000; n++) answers.say({ type: 'error', message: 'No valid datapoints in batch' })
  expect(outlet.bufferedAmount).toBeLessThan(300_000)
  expect(outlet).toMatchObject({ readyState: outlet.OPEN, closed: undefined })
})

test('ends a client that asks for answers and does not read them', () => {
  const outlet = new UnreadOutlet()
  const answers = new Answers(outlet)
  for (let n = 0; n < 10_000; n++) answers.say({ type: 'ack', id: String(n), accepted: 1, rejected: [] })
  expect(outlet.bufferedAmount).toBeLessThan(300_000)
  expect(outlet).toMatchObject({ readyState: 3, closed: 1013 })
})
