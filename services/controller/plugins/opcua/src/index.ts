export { plugin } from './opcua-device.ts'
