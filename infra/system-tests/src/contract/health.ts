import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import { aTimestamp, expectStatus } from './expectations.ts'
import type { ContractSite } from './site.ts'

/** http.md §14; the second address is what the old documentation promised. */
export function health(site: ContractSite): void {
  describe('health', () => {
    test.each(['', '/api/v1'])('is told to everybody at %s/health', async (base) => {
      const report = await until('a reading has come', async () => {
        const answer = expectStatus(await site.get('/health', { base, as: 'nobody' }), 200)
        return answer.json().last_datapoint === null ? undefined : answer.json<Record<string, unknown>>()
      })
      expect(report).toMatchObject({
        status: 'ok',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        database: 'ok',
        last_datapoint: aTimestamp,
        uptime_seconds: expect.any(Number),
      })
    })

    test('needs no token, and minds no bad one', async () => {
      expectStatus(await site.get('/health', { base: '', as: { token: 'nonsense' } }), 200)
    })
  })
}
