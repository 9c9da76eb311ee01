import type { SeriesAnswer } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { compose, pointsOf, type Tile, tileSpan, tilesOf } from './tiles.ts'
import { pan } from './view.ts'

const NOW = 1_800_000_000
const viewOf = (span: number, to = NOW) => ({ from: to - span, to, isLive: false })
const answer = (resolution: number): SeriesAnswer => ({
  from: '2026-11-23T16:00:00Z',
  to: '2026-11-23T17:00:00Z',
  resolution,
  read_from: resolution,
  series: [],
})

test.each([1, 59, 1200, 3600, 86_400, 2_592_000, 31_536_000])('at most three tiles cover a view of %i s', (span) => {
  for (const shift of [0, 0.1, 0.37, 0.5, 0.93]) {
    const view = viewOf(span, NOW + shift * span)
    const tiles = tilesOf(view)
    expect(tiles.length).toBeLessThanOrEqual(3)
    expect(tiles[0]?.from).toBeLessThanOrEqual(view.from)
    expect(tiles.at(-1)?.to).toBeGreaterThanOrEqual(view.to)
    for (const { from } of tiles) expect(from % tileSpan(view)).toBe(0)
  }
})

test('moving on asks for one tile more', () => {
  const view = viewOf(3600)
  const known = new Set(tilesOf(view).map(({ from }) => from))
  const fresh = tilesOf(pan(view, -0.4, NOW)).filter(({ from }) => !known.has(from))
  expect(fresh.length).toBeLessThanOrEqual(1)
})

test('a chart that grows by a few pixels asks for the same', () => {
  expect(pointsOf(1000)).toBe(pointsOf(1010))
  expect(pointsOf(1000)).toBeGreaterThanOrEqual(1000)
  expect(pointsOf(100_000)).toBe(4096)
})

test('what was drawn stays until the answer has come', () => {
  const coarse = answer(3600)
  const fine = answer(60)
  const tiles: Tile[] = [
    { from: 0, to: 100 },
    { from: 100, to: 200 },
  ]
  const drawn = compose(tiles, ({ from }) => (from === 0 ? fine : undefined), [{ from: 50, to: 150, answer: coarse }])
  expect(drawn).toEqual([
    { from: 0, to: 100, answer: fine },
    { from: 100, to: 150, answer: coarse },
  ])
})
