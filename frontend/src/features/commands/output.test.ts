import { ClientError } from '@webmacs/client'
import { type Command, type CommandId, type CommandState, newId } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { createOutput } from './output.ts'
import { phaseOf } from './output-state.ts'

type Answer = CommandState | ClientError

const networkLost = () => new ClientError({ status: 0, code: 'network', detail: 'The server cannot be reached.' })
const refused = () => new ClientError({ status: 409, code: 'command.refused', detail: 'Too fast. (cmd_1)' })

/** An output whose server gives these answers in turn, the last one for ever; the clock runs with the waits alone. */
function anOutput(answers: { readonly create: readonly Answer[]; readonly get?: readonly Answer[] }) {
  const sent: { id: CommandId; value: number }[] = []
  let nowMs = 0
  const reply = async (list: readonly Answer[], count: number, id: CommandId): Promise<Command> => {
    const answer = list[Math.min(count, list.length - 1)] ?? networkLost()
    if (answer instanceof ClientError) throw answer
    const is_final = answer !== 'written' && answer !== 'accepted'
    // What an output looks at, of the whole command.
    return { public_id: id, state: answer, is_final, detail: answer === 'refused' ? 'Too fast.' : null } as Command
  }
  let reads = 0
  const output = createOutput({
    target: { channel_id: 'heater' },
    newId: () => newId('cmd'),
    now: () => nowMs,
    wait: async (ms) => {
      nowMs += ms
    },
    commands: {
      create: ({ public_id = newId('cmd'), value }) => {
        sent.push({ id: public_id, value })
        return reply(answers.create, sent.length - 1, public_id)
      },
      get: (id) => reply(answers.get ?? [], reads++, id as CommandId), // the id that was sent
    },
  })
  const phases: string[] = []
  const ended = new Promise<void>((resolve) => {
    output.subscribe(() => {
      const state = output.state()
      const phase = state === undefined ? 'none' : phaseOf(state)
      phases.push(phase)
      if (phase === 'confirmed' || phase === 'failed' || phase === 'unverified') resolve()
    })
  })
  return { output, sent, phases, ended }
}

test('follows a value from the press over the writing to the read-back', async () => {
  const { output, phases, ended } = anOutput({ create: ['written'], get: ['written', networkLost(), 'confirmed'] })
  output.set(60)
  await ended
  expect([...new Set(phases)]).toEqual(['asked', 'written', 'confirmed'])
})

test('tells why a value was refused, as the command says it', async () => {
  const { output, ended } = anOutput({ create: [refused()], get: ['refused'] })
  output.set(60)
  await ended
  expect(output.state()?.answer?.detail).toBe('Too fast.')
})

test('tells what the server said where there is no command', async () => {
  const { output, ended } = anOutput({ create: [refused()] })
  output.set(60)
  await ended
  expect(output.state()?.failure).toBe('Too fast. (cmd_1)')
})

test('does not pretend to know what became of a value when no answer came', async () => {
  const { output, ended } = anOutput({ create: [networkLost()] })
  output.set(60)
  await ended
  expect(output.state()?.failure).toMatch(/not known/)
})

test('a double click sends one request', async () => {
  const { output, sent, ended } = anOutput({ create: ['confirmed'] })
  output.set(1)
  output.set(1)
  output.set(0)
  await ended
  expect(sent.map(({ value }) => value)).toEqual([1])
})
