import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

test('lets two in at once and the others in order, also after one failed', async () => {
  const gate = new Gate(2)
  const entered: number[] = []
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
  const works = ends.map(({ promise }, index) =>
    gate.through(() => {
      entered.push(index)
      return promise
    }),
  )
  await turn()
  expect(entered).toEqual([0, 1])
  ends[1]?.reject(new Error('broken'))
  await expect(works[1]).rejects.toThrow('broken')
  await turn()
  expect(entered).toEqual([0, 1, 2])
  for (const { resolve } of ends) resolve()
  await Promise.all([works[0], works[2], works[3]])
  expect(entered).toEqual([0, 1, 2, 3])
})
