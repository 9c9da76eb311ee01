import { GOOD, type Quality, type QualityReason, SENSOR_FAULT } from '@webmacs/plugin-sdk'

/** The two highest bits of a status code (OPC UA part 4, 7.39): 00 good, 01 uncertain, 10 and 11 bad. */
const SEVERITY_SHIFT = 30

const REASONS: Readonly<Record<string, QualityReason>> = {
  GoodClamped: 'clamped',
  GoodLocalOverride: 'manual',
  UncertainLastUsableValue: 'stale',
  UncertainNoCommunicationLastUsableValue: 'stale',
  UncertainSubstituteValue: 'substituted',
  UncertainInitialValue: 'substituted',
  UncertainTransducerInManual: 'manual',
  UncertainSimulatedValue: 'simulated',
  UncertainEngineeringUnitsExceeded: 'out_of_range',
  UncertainOverRange: 'out_of_range',
  UncertainUnderRange: 'out_of_range',
  UncertainSensorNotAccurate: 'sensor_fault',
  UncertainSensorCalibration: 'sensor_fault',
  BadOutOfRange: 'out_of_range',
  BadNoCommunication: 'stale',
  BadWaitingForInitialData: 'stale',
}

export interface Status {
  /** With its flags. */
  readonly value: number
  /** `UncertainLastUsableValue`; flags may follow after a `#`. */
  readonly name: string
}

export const isBad = ({ value }: Status): boolean => value >>> SEVERITY_SHIFT >= 2

/** Quality of a value that came with this status. Of what is bad without a known reason the sensor is to blame. */
export function qualityOf(status: Status): Quality {
  const reason = REASONS[status.name.split('#')[0] ?? '']
  if (isBad(status)) return reason === undefined ? SENSOR_FAULT : ['bad', reason]
  const isUncertain = status.value >>> SEVERITY_SHIFT === 1
  if (reason === undefined) return isUncertain ? ['uncertain'] : GOOD
  return isUncertain ? ['uncertain', reason] : [reason]
}
