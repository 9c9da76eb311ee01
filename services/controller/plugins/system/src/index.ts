export { plugin } from './system-monitor.ts'
