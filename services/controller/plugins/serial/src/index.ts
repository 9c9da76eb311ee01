export { plugin } from './serial-device.ts'
