import { createHash } from 'node:crypto'
import {
  type AppError,
  type CommandId,
  DEFAULT_COMMAND_TTL_MS,
  idOfBytes,
  type Micros,
  newId,
} from '@webmacs/contracts'
import { asAppError } from '@webmacs/http-kit/failures'
import type { CommandRow } from '../commands/command-answer.ts'
import type { CommandDispatcher } from '../commands/dispatcher.ts'
import type { Orderer } from '../commands/output.ts'
import type { Setpoint } from './lay-out-frames.ts'

export interface SetpointBatch {
  readonly by: Orderer
  /** Names the batch, for all attempts; undefined: it is not sent again. */
  readonly key: { readonly user: number; readonly key: string } | undefined
  /** When it was asked for first: later than the life of a command from then on nothing is done any more. */
  readonly askedOn: Micros
}

export interface CarriedOut {
  readonly setpoint: Setpoint
  /** What its device has taken, or why not. */
  readonly result: CommandRow | AppError
}

/** Outputs that are set at the same time. */
const LANES = 16

/**
 * Carries out the setpoints of a batch as commands: those of one output one after the other, as they stand in the batch, several outputs at once.
 * Sent again under the same key each is the same command, which is done once.
 * @throws Error what nobody expected
 */
export async function carryOutSetpoints(
  commands: CommandDispatcher,
  setpoints: readonly Setpoint[],
  batch: SetpointBatch,
): Promise<CarriedOut[]> {
  const byOutput = [...Map.groupBy(setpoints, ({ output }) => output.event).values()]
  const done: CarriedOut[] = []
  const lane = async (): Promise<void> => {
    for (let next = byOutput.shift(); next !== undefined; next = byOutput.shift()) {
      for (const setpoint of next) done.push({ setpoint, result: await carryOut(commands, setpoint, batch) })
    }
  }
  await Promise.all(Array.from({ length: Math.min(LANES, byOutput.length) }, lane))
  return done
}

async function carryOut(
  commands: CommandDispatcher,
  { index, output, value }: Setpoint,
  { by, key, askedOn }: SetpointBatch,
): Promise<CommandRow | AppError> {
  const id = key === undefined ? newId('cmd') : commandIdOf(key.user, key.key, index)
  try {
    return (await commands.execute({ id, output, value, by, askedOn, ttlMs: DEFAULT_COMMAND_TTL_MS })).row
  } catch (err) {
    const known = asAppError(err)
    if (known.code === 'internal') throw err
    return known
  }
}

function commandIdOf(user: number, key: string, index: number): CommandId {
  const digest = createHash('sha256')
    .update(JSON.stringify([user, key, index]))
    .digest()
  return idOfBytes('cmd', digest)
}
