import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

test('never writes a secret, at whatever level it stands', () => {
  const lines: string[] = []
  const log = createLogger({ service: 'api' }, { write: (line) => void lines.push(line) })
  log.info(
    { event: 'login', body: { password: 'hunter2' }, req: { headers: { authorization: 'Bearer abc' } }, token: 'wm_1' },
    'login',
  )
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('"service":"api"')
  for (const secret of ['hunter2', 'Bearer abc', 'wm_1']) expect(lines[0]).not.toContain(secret)
})
