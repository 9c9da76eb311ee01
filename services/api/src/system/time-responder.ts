import type { Bus, Responder } from '@webmacs/bus'
import { formatTime, nowMicros, type ServerTime } from '@webmacs/contracts'
import { Type } from 'typebox'
import { answerRequests } from '../answer-requests.ts'

/** Says what time it is here: controllers measure by it how far their clock is off, and judge by that what has expired. */
export function answerTime(bus: Bus): Responder {
  return answerRequests(
    bus,
    bus.names.subjects.time,
    Type.Object({}),
    async (): Promise<ServerTime> => ({
      time: formatTime(nowMicros()),
    }),
  )
}
