import { expect, test } from 'vitest'
import { qualityOf } from './quality-of.ts'

test.each([
  [0, 'Good', []],
  [0x0096_0000, 'GoodLocalOverride', ['manual']],
  [0x0000_0480, 'Good#Overflow', []],
  [0x4000_0000, 'Uncertain', ['uncertain']],
  [0x4090_0000, 'UncertainLastUsableValue', ['uncertain', 'stale']],
  [0x4094_0000, 'UncertainEngineeringUnitsExceeded', ['uncertain', 'out_of_range']],
  [0x8031_0000, 'BadNoCommunication', ['bad', 'stale']],
  [0x808c_0000, 'BadSensorFailure', ['bad', 'sensor_fault']],
  [0xc000_0000, 'Bad', ['bad', 'sensor_fault']],
])('status %d %s is %j', (value, name, quality) => {
  expect(qualityOf({ value, name })).toEqual(quality)
})
