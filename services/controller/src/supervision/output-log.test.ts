import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { logOutput } from './output-log.ts'

async function logged(...chunks: string[]) {
  const stream = new PassThrough()
  const lines: { text: string; suppressed: number }[] = []
  logOutput(stream, { warn: (facts: object) => void lines.push(facts as { text: string; suppressed: number }) })
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await turn()
  return lines
}

test('logs line by line, however the output is cut', async () => {
  expect((await logged('one\nt', 'w', 'o\nthree')).map(({ text }) => text)).toEqual(['one', 'two', 'three'])
})

test('shows twenty lines a minute and the beginning of long ones', async () => {
  const lines = await logged(`${'x'.repeat(2000)}\n`, 'line\n'.repeat(1000))
  expect(lines).toHaveLength(20)
  expect(lines[0]?.text).toHaveLength(500)
})

test('does not keep a line that never ends', async () => {
  const lines = await logged(...Array.from({ length: 100 }, () => 'x'.repeat(60_000)))
  expect(lines.map(({ text }) => text.length)).toEqual([500])
})
