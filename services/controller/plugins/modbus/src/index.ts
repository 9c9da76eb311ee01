export { plugin } from './modbus-device.ts'
