import { type CommandReport, isFinalState } from '@webmacs/contracts'
import type { Metrics } from '@webmacs/service-kit'

/** What is counted of commands. */
export interface CommandMetrics {
  changed(report: CommandReport): void
  wrote(milliseconds: number): void
}

const WRITE_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5]

export function createCommandMetrics(metrics: Metrics): CommandMetrics {
  const commands = metrics.counter(
    'controller_commands_total',
    'Commands that came to an end, by how and by who wanted them',
    ['state', 'actor'],
  )
  const writes = metrics.histogram(
    'controller_command_write_seconds',
    'From the acceptance of a command to its device having the value',
    WRITE_SECONDS,
  )
  return {
    changed: ({ state, requested_by: { kind: actor } }) => {
      if (isFinalState(state)) commands.inc({ state, actor })
    },
    wrote: (milliseconds) => writes.observe(milliseconds / 1000),
  }
}
