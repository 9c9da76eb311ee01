import type { SampleMessage } from '../plugin-host/messages.ts'

/** What was sampled while this machine's clock is too far off: the values are right, when they were is not sure. */
export const asTimeUncertain = (sample: SampleMessage): SampleMessage => ({
  ...sample,
  instants: sample.instants.map(({ time, readings }) => ({
    time,
    readings: readings.map((reading) => ({ ...reading, quality: [...reading.quality, 'time_uncertain'] })),
  })),
})
