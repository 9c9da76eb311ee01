import modbusSerial from 'modbus-serial'

/** The library is CommonJS whose types and values name its class `default`. */
export const ModbusClient = modbusSerial.default
export type ModbusClient = InstanceType<typeof ModbusClient>
