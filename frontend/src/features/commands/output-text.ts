import { STATE_TEXTS } from './command-states.ts'
import { type OutputShape, outputText } from './output-shape.ts'
import { type Asked, phaseOf } from './output-state.ts'

/** What has become of a request, as it is shown and read out. */
export function describeAsked(asked: Asked, shape: OutputShape): string {
  const { answer, failure } = asked
  const value = outputText(shape, answer?.written_value ?? asked.value)
  const clamped = answer?.clamped === true ? ', brought to its limit' : ''
  switch (phaseOf(asked)) {
    case 'asked':
      return `Asked for ${value}`
    case 'written':
      return `Written ${value}${clamped}, read-back awaited`
    case 'confirmed':
      return `Confirmed ${value}${clamped}`
    case 'unverified':
      return `Written ${value}${clamped}; the device cannot be asked whether it has it`
    case 'failed':
      return `Not set to ${outputText(shape, asked.value)}: ${failure ?? refusal(asked)}`
  }
}

function refusal({ answer }: Asked): string {
  if (answer === undefined) return 'there is no answer.'
  return answer.detail ?? `${STATE_TEXTS[answer.state].text}.`
}
