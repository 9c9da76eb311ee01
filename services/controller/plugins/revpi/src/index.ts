export { plugin } from './revpi-device.ts'
