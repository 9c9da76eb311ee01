import {
  type CommandReport,
  DEFAULT_COMMAND_TTL_MS,
  type EventId,
  formatTime,
  type InstanceId,
  type Micros,
  newId,
} from '@webmacs/contracts'
import { advance, recordOf } from './command-record.ts'

export interface SafeStateAction {
  readonly controller: string
  readonly instance: string
  readonly channel: string
  readonly event: EventId | null
  readonly value: number
  readonly previous: number
  readonly time: Micros
  readonly reason: string
}

/** What a device's process did with an output by itself, as a command of its own. Nobody asked the device whether it took it. */
export function safeStateReport({
  controller,
  time,
  previous,
  value,
  reason,
  instance,
  ...of
}: SafeStateAction): CommandReport {
  const begun = recordOf(
    {
      ...of,
      instance: instance as InstanceId, // an instance that runs has such an id
      id: newId('cmd'),
      value,
      reason,
      requested_by: { kind: 'safe_state', id: null, name: controller },
      requested_on: formatTime(time),
      expires_at: formatTime(time + DEFAULT_COMMAND_TTL_MS * 1000),
      answer_within_ms: DEFAULT_COMMAND_TTL_MS,
    },
    controller,
  )
  return advance(advance(begun, 'written', time, { previous, written: value }), 'unverified', time)
}
