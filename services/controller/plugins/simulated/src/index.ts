export { plugin } from './simulated-device.ts'
