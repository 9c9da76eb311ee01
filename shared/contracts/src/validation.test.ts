import { expect, test } from 'vitest'
import { Frame } from './bus/frames.ts'
import { DeletionRequest } from './http/historian.ts'
import { createValidator } from './validation.ts'

const validate = createValidator(Frame, 'frame')
const good = {
  source: 'lab-1',
  epoch: 'k3v9',
  seq: 1,
  time: '2026-11-23T16:00:00Z',
  values: { evt_1: 1.5, evt_2: null },
}

test('accepts a frame as it is', () => {
  expect(validate(good)).toEqual({ ok: true, value: good })
})

test.each([
  [{ ...good, seq: 0 }, 'frame.seq'],
  [{ ...good, seq: '1' }, 'frame.seq'],
  [{ ...good, source: 'a.b' }, 'frame.source'],
  [{ ...good, values: { evt_1: '1.5' } }, 'frame.values.evt_1'],
  [{ ...good, quality: { evt_1: ['fine'] } }, 'frame.quality.evt_1.0'],
  [{ source: 'lab-1' }, 'frame.epoch'],
  [null, 'frame'],
])('names the field that breaks a rule (%#)', (value, field) => {
  const result = validate(value)
  expect(result.ok).toBe(false)
  if (!result.ok) expect(result.errors.map((error) => error.field)).toContain(field)
})

test('refuses a number too large to be one', () => {
  expect(validate(JSON.parse('{"source":"a","epoch":"b","seq":1,"time":"x","values":{"evt_1":1e400}}')).ok).toBe(false)
})

test('does not coerce', () => {
  expect(validate({ ...good, seq: true }).ok).toBe(false)
})

test('names a field that is not known where none may be misspelt', () => {
  const result = createValidator(
    DeletionRequest,
    'body',
  )({ from: '2026-11-23', to: '2026-11-24', dry_run: false, dryrun: true })
  expect(result).toEqual({ ok: false, errors: [{ field: 'body.dryrun', rule: 'is not known here' }] })
})
