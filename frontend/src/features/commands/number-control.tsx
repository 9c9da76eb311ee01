import { Button, NumberInput, Slider } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { ControlProps } from './control-props.ts'
import classes from './output.module.css'
import { stepOf } from './output-shape.ts'
import { isOpen } from './output-state.ts'

/** A setpoint, by slider or in digits. Nothing is sent before “Set” is pressed. */
export function NumberControl({ name, shape, value, output }: ControlProps) {
  const { min, max, unit, decimals } = shape
  const [draft, setDraft] = useState<number>()
  const { state } = output
  const rounded = (number: number): number => Number(number.toFixed(decimals))
  const setpoint = draft ?? (state !== undefined && isOpen(state) ? state.value : value)
  const isSendable = setpoint !== undefined && setpoint >= min && setpoint <= max
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!isSendable) return
    output.set(setpoint)
    setDraft(undefined)
  }
  return (
    <form
      className={classes.number}
      onSubmit={submit}
      noValidate
      onKeyDown={(event) => {
        if (event.key === 'Escape') setDraft(undefined)
      }}
    >
      <Slider
        className={classes.slider}
        size="sm"
        min={min}
        max={max}
        step={stepOf(shape)}
        label={null}
        thumbLabel={`${name}, setpoint in ${unit}`}
        value={Math.min(max, Math.max(min, setpoint ?? min))}
        onChange={(moved) => setDraft(rounded(moved))}
      />
      <NumberInput
        className={classes.digits}
        size="xs"
        aria-label={`${name} in ${unit}`}
        value={setpoint === undefined ? '' : rounded(setpoint)}
        min={min}
        max={max}
        step={stepOf(shape)}
        decimalScale={decimals}
        clampBehavior="none"
        suffix={` ${unit}`}
        error={setpoint !== undefined && !isSendable && `${min} to ${max} ${unit}`}
        onChange={(entered) => setDraft(typeof entered === 'number' ? entered : undefined)}
      />
      <Button type="submit" size="xs" disabled={!isSendable} aria-label={`Set ${name}`}>
        Set
      </Button>
    </form>
  )
}
