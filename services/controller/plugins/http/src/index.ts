export { plugin } from './http-device.ts'
