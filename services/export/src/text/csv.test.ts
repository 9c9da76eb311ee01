import { buffer } from 'node:stream/consumers'
import type { ExportMetadata } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { csv } from './csv.ts'

test('keeps a spreadsheet from calculating with a text inside a line of metadata, wherever it cuts the line', async () => {
  const event = { public_id: 'evt_000000000001', name: 'a,=1+1', unit: '- ; @b', type: 'sensor' } as const
  const description = 'c\t+2,  -3 \\t=4 "q",=5;6 a-b, e@f'
  const metadata: ExportMetadata = {
    ...{ software: 'WebMACS', created_on: '2026-11-01T00:00:00Z', from: '2026-11-01T00:00:00Z' },
    ...{ to: '2026-11-02T00:00:00Z', time_zone: 'UTC', experiment: null, quality: '', expected_rows: 0, gaps: [] },
    events: [{ ...event, min_value: -5, max_value: 5, description }],
    selection: { format: 'csv', shape: 'long', every: 'raw', method: 'none', include_bad: false, metadata: true },
  }
  async function* batches() {}
  const encoded = csv.encode({ table: { columns: [] }, batches: batches(), metadata, withMetadata: true })
  const lines = (await buffer(encoded)).toString().split('\r\n')
  const line = lines.find((text) => text.startsWith('# events: ')) ?? ''
  expect(JSON.parse(line.slice('# events: '.length))).toEqual(metadata.events)
  expect(line.split(/[,;\t]|\\t/).filter((cell) => /^\s*[=+\-@]/.test(cell))).toEqual([])
  expect(line).toContain('a-b, e@f')
})
