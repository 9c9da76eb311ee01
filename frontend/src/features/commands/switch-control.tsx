import { Switch } from '@mantine/core'
import type { ControlProps } from './control-props.ts'
import classes from './output.module.css'
import { outputText } from './output-shape.ts'
import { isOpen } from './output-state.ts'

const isOn = (value: number): boolean => value >= 0.5

/** On and off. The knob stands where the output is read; pressing again while a value is on its way asks for the other one. */
export function SwitchControl({ name, shape, value, output }: ControlProps) {
  const { state } = output
  const expected = state !== undefined && isOpen(state) ? state.value : (value ?? 0)
  const next = isOn(expected) ? 0 : 1
  return (
    <Switch
      size="lg"
      classNames={{ trackLabel: classes.trackLabel ?? '' }}
      aria-label={name}
      onLabel={outputText({ ...shape, kind: 'switch' }, 1)}
      offLabel={value === undefined ? '?' : outputText({ ...shape, kind: 'switch' }, 0)}
      checked={value !== undefined && isOn(value)}
      onChange={() => output.set(next)}
    />
  )
}
