import { expect, test } from 'vitest'
import { decodeQuality, encodeQuality, GOOD, isBad, QUALITY_REASONS, type QualityWord } from './quality.ts'

test('keeps class and reasons through the stored form', () => {
  const words: QualityWord[] = ['bad', 'sensor_fault', 'late']
  expect(decodeQuality(encodeQuality(words))).toEqual(words)
})

test('is good and zero without words', () => {
  expect(encodeQuality([])).toBe(GOOD)
  expect(decodeQuality(GOOD)).toEqual([])
})

test('leaves the class good when there is only a reason', () => {
  expect(isBad(encodeQuality(['simulated']))).toBe(false)
  expect(isBad(encodeQuality(['bad']))).toBe(true)
})

test('takes the worse of two classes', () => {
  expect(decodeQuality(encodeQuality(['bad', 'uncertain']))).toEqual(['bad'])
})

test('fits the 16 bits that the database keeps', () => {
  expect(encodeQuality(['bad', ...QUALITY_REASONS])).toBeLessThan(2 ** 15)
})
