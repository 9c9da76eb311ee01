export {
  type ModbusTables,
  type ModbusTestServer,
  type ModbusTestServerOptions,
  startModbusTestServer,
} from './test-server.ts'
