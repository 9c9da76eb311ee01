import { ConnectionError, DeviceTimeoutError } from '@webmacs/plugin-sdk'

/** What the codes of an exception mean, for a person at the plant. */
const SENTENCES: Readonly<Record<number, string>> = {
  1: 'the device does not know this function',
  2: 'the device has no such address',
  3: 'the device does not accept this value or length',
  4: 'the device has failed inside',
  5: 'the device needs longer for it',
  6: 'the device is busy',
  7: 'the device cannot do it',
  8: 'the memory of the device is damaged',
  10: 'the gateway knows no way to the device',
  11: 'the device behind the gateway does not answer',
}

/** The device understood, and said no. */
export class ModbusException extends Error {
  readonly exceptionCode: number

  constructor(exceptionCode: number, unitId: number) {
    const meaning = SENTENCES[exceptionCode] ?? 'the device refuses'
    super(`${meaning} (unit ${unitId}, Modbus exception ${exceptionCode})`)
    this.name = 'ModbusException'
    this.exceptionCode = exceptionCode
  }

  /** Asked for fewer registers at once, the device may answer: some have holes, some count a long answer as a bad value. */
  get mayBeTheLength(): boolean {
    return this.exceptionCode === 2 || this.exceptionCode === 3
  }

  /** The gateway is there, the device behind it is not. */
  get isAbsence(): boolean {
    return this.exceptionCode === 10 || this.exceptionCode === 11
  }
}

/** An answer whose bytes make no sense. */
export class DamagedAnswerError extends Error {
  constructor(unitId: number, cause: unknown) {
    super(`unit ${unitId} answered with damaged data${cause instanceof Error ? `: ${cause.message}` : ''}`, { cause })
    this.name = 'DamagedAnswerError'
  }
}

/** What the library throws, as what it means. */
export function asModbusError(err: unknown, unitId: number, timeoutMs: number): unknown {
  if (typeof err !== 'object' || err === null) return err
  if ('modbusCode' in err && typeof err.modbusCode === 'number') return new ModbusException(err.modbusCode, unitId)
  const name = 'name' in err ? err.name : undefined
  if (name === 'TransactionTimedOutError')
    return new DeviceTimeoutError(`unit ${unitId} did not answer within ${timeoutMs / 1000} s`)
  if (name === 'PortNotOpenError') return new ConnectionError('the connection is gone')
  if (err instanceof Error && /^(CRC|Data length|Unexpected data) error/.test(err.message))
    return new DamagedAnswerError(unitId, err)
  return err
}
