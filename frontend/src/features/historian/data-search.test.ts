import { expect, test } from 'vitest'
import { dataSearch } from './data-search.ts'

test('an address keeps what the list is narrowed to, and nothing else', () => {
  const search = { tab: 'datapoints', event: 'evt_1', from: '2026-11-23T16:00:00Z', quality: 'bad', colour: 'red' }
  expect(dataSearch(search)).toEqual({
    tab: 'datapoints',
    event: 'evt_1',
    from: '2026-11-23T16:00:00Z',
    quality: 'bad',
  })
})

test.each([
  [{ tab: 'stored' }, {}],
  [{ tab: 'secrets' }, {}],
  [{ tab: 'exports', event: 'evt_1' }, { tab: 'exports' }],
  [{ tab: 'datapoints', quality: 'shown', from: 'once', event: '' }, { tab: 'datapoints' }],
])('of %j stays %j', (search, left) => {
  expect(dataSearch(search)).toEqual(left)
})
