import { type Bus, onceReached } from '@webmacs/bus'
import type { MaintenanceContext } from '../maintenance/task.ts'
import { jobsTask } from './jobs-task.ts'

export interface StartedJobs {
  /** Takes no more parts; resolves when the one under way is done. */
  stop(): Promise<void>
}

/** Carries out jobs whenever the bus says that there are some, and now and then. */
export function startJobs(bus: Bus, { database, log }: Omit<MaintenanceContext, 'signal'>): StartedJobs {
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Promise<void> | undefined
  let isCalled = false
  const run = async (): Promise<void> => {
    do {
      isCalled = false
      try {
        await jobsTask.run({ database, log, signal })
      } catch (err) {
        log.warn({ event: 'historian-jobs.unavailable', err }, 'jobs could not be carried out, trying again')
      }
    } while (isCalled && !signal.aborted)
    running = undefined
  }
  const call = (): void => {
    isCalled = true
    if (!signal.aborted) running ??= run()
  }
  let unsubscribe = (): void => {}
  const stopWaiting = onceReached(bus, () => {
    const subscription = bus.nc.subscribe(bus.names.subjects.historian('work'), { callback: call })
    unsubscribe = () => subscription.unsubscribe()
  })
  const timer = setInterval(call, jobsTask.everyMs)
  call()
  return {
    stop: async () => {
      stopping.abort()
      clearInterval(timer)
      stopWaiting()
      unsubscribe()
      await running
    },
  }
}
