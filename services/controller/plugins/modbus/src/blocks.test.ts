import { expect, test } from 'vitest'
import { Cuts, planBlocks } from './blocks.ts'
import type { Register } from './registers.ts'

const limits = { maxRegisters: 125, maxGap: 8 }

const at = (address: number, facts: Partial<Register> = {}): Register => ({
  id: `at ${address}`,
  unitId: 1,
  kind: 'holding_register',
  address,
  length: 1,
  type: 'uint16',
  bit: undefined,
  littleBytes: false,
  littleWords: false,
  ...facts,
})

const plan = (registers: readonly Register[], given = limits, cuts = new Cuts()): string[] =>
  planBlocks(registers, given, cuts).map(
    ({ unitId, kind, address, length }) => `${unitId} ${kind} ${address}+${length}`,
  )

test('reads neighbours at once, whatever their order, with small gaps', () => {
  expect(plan([at(12), at(0), at(2, { length: 2, type: 'int32' })])).toEqual(['1 holding_register 0+13'])
  expect(plan([at(0), at(10)])).toEqual(['1 holding_register 0+1', '1 holding_register 10+1'])
})

test('keeps tables and units apart', () => {
  expect(plan([at(0), at(1, { kind: 'input_register' }), at(2, { unitId: 7 })])).toEqual([
    '1 holding_register 0+1',
    '1 input_register 1+1',
    '7 holding_register 2+1',
  ])
})

test('asks for no more than one answer holds', () => {
  const registers = Array.from({ length: 130 }, (_, address) => at(address))
  expect(plan(registers)).toEqual(['1 holding_register 0+125', '1 holding_register 125+5'])
  const coils = Array.from({ length: 2001 }, (_, address) => at(address, { kind: 'coil', type: 'bool' }))
  expect(plan(coils)).toEqual(['1 coil 0+2000', '1 coil 2000+1'])
  expect(plan([at(0), at(3, { length: 4, type: 'int64' })], { maxRegisters: 6, maxGap: 8 })).toHaveLength(2)
})

test('takes registers that overlap as one piece', () => {
  expect(plan([at(0, { length: 4, type: 'int64' }), at(1), at(4)])).toEqual(['1 holding_register 0+5'])
})

test('keeps to the cuts that it has learned, also when other registers are asked for', () => {
  const cuts = new Cuts()
  cuts.addBefore(at(2))
  expect(plan([at(0), at(1), at(2), at(3)], limits, cuts)).toEqual(['1 holding_register 0+2', '1 holding_register 2+2'])
  expect(plan([at(1), at(3)], limits, cuts)).toEqual(['1 holding_register 1+1', '1 holding_register 3+1'])
  expect(plan([at(1, { unitId: 2 }), at(3, { unitId: 2 })], limits, cuts)).toHaveLength(1)
})
