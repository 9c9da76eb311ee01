import { expect, test } from 'vitest'
import { isSameView, liveView, MIN_SPAN, pan, spanOf, viewAt, zoom, zoomTo } from './view.ts'

const NOW = 1_800_000_000
const still = { from: NOW - 1000, to: NOW - 500, isLive: false }

test('zooming leaves the moment under the pointer where it is', () => {
  const closer = zoom(still, 0.5, NOW - 900, NOW)
  expect(closer).toEqual({ from: NOW - 950, to: NOW - 700, isLive: false })
  expect(zoom(closer, 2, NOW - 900, NOW)).toEqual(still)
})

test('zooming never goes below what readings can fill', () => {
  expect(spanOf(zoom(still, 1e-9, NOW - 700, NOW))).toBeCloseTo(MIN_SPAN)
  expect(spanOf(zoomTo(NOW - 5, NOW - 5, NOW))).toBeCloseTo(MIN_SPAN)
})

test('a selection may be drawn from right to left', () => {
  expect(zoomTo(NOW - 10, NOW - 90, NOW)).toEqual({ from: NOW - 90, to: NOW - 10, isLive: false })
})

test('a live view follows the present until one moves to the past', () => {
  const live = liveView(600, NOW)
  expect(viewAt(live, NOW + 7)).toEqual({ from: NOW - 593, to: NOW + 7, isLive: true })
  expect(pan(live, 0.5, NOW)).toBe(live)
  expect(pan(live, -0.5, NOW)).toEqual({ from: NOW - 900, to: NOW - 300, isLive: false })
  expect(zoom(live, 0.5, NOW, NOW).isLive).toBe(true)
  expect(zoom(live, 0.5, NOW - 300, NOW).isLive).toBe(false)
})

test('moving stops a day ahead of now, with the span kept', () => {
  const moved = pan(still, 1_000_000, NOW)
  expect(moved.to).toBe(NOW + 86_400)
  expect(spanOf(moved)).toBe(500)
})

test('two live views of one span are the same, whenever they were made', () => {
  expect(isSameView(liveView(60, NOW), liveView(60, NOW + 3))).toBe(true)
  expect(isSameView(liveView(60, NOW), { ...liveView(60, NOW), isLive: false })).toBe(false)
})
