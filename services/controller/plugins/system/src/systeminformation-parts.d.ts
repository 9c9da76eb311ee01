// The parts are loaded one by one, because the whole of systeminformation costs each process 5 MB; only the whole brings types.
declare module 'systeminformation/lib/memory.js' {
  import type { Systeminformation } from 'systeminformation'
  export function mem(): Promise<Systeminformation.MemData>
}

declare module 'systeminformation/lib/cpu.js' {
  import type { Systeminformation } from 'systeminformation'
  export function cpuTemperature(): Promise<Systeminformation.CpuTemperatureData>
}
