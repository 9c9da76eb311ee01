export { plugin } from './mqtt-device.ts'
