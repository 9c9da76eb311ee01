import { expect, test } from 'vitest'
import { isUnlimited } from './rate-limit.ts'

test.each([
  ['GET', '/health', true],
  ['GET', '/api/v1/health', true],
  ['GET', '/healthXYZ', false],
  ['GET', '/api/v1/datapoints', true],
  ['GET', '/api/v1/datapoints/latest', true],
  ['POST', '/api/v1/datapoints/series', true],
  ['DELETE', '/api/v1/datapoints/dp_1', false],
  ['GET', '/api/v1/datapointsXYZ', false],
  ['POST', '/api/v1/auth/login', false],
])('%s %s is unlimited: %j', (method, path, unlimited) => {
  expect(isUnlimited(method, path)).toBe(unlimited)
})
