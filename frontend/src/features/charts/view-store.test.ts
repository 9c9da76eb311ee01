import { expect, test } from 'vitest'
import { liveView, pan, zoomTo } from './view.ts'
import { createViewStore } from './view-store.ts'

function aStore() {
  const clock = { now: 1_800_000_000 }
  const store = createViewStore(liveView(600, clock.now), () => clock.now)
  return { clock, store }
}

test('comes back to where one was before a zoom', () => {
  const { clock, store } = aStore()
  expect(store.canGoBack()).toBe(false)
  store.set(zoomTo(clock.now - 100, clock.now - 50, clock.now), { isStep: true })
  store.set(zoomTo(clock.now - 90, clock.now - 80, clock.now), { isStep: true })
  store.back()
  expect(store.get()).toEqual({ from: clock.now - 100, to: clock.now - 50, isLive: false })
  store.back()
  clock.now += 5
  expect(store.get()).toEqual(liveView(600, clock.now))
  store.back()
  expect(store.get()).toEqual(liveView(600, clock.now))
})

test('a drag is one step, however many changes it is made of', () => {
  const { clock, store } = aStore()
  for (let index = 0; index < 20; index++) {
    clock.now += 0.016
    store.set(pan(store.get(), -0.01, clock.now))
  }
  store.back()
  expect(store.get().isLive).toBe(true)
  expect(store.canGoBack()).toBe(false)
})

test('tells nobody of a view that is the same', () => {
  const { clock, store } = aStore()
  let told = 0
  store.subscribe(() => told++)
  store.set(liveView(600, clock.now + 1))
  expect(told).toBe(0)
})
