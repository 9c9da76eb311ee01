import type { ControlProps } from './control-props.ts'
import { NumberControl } from './number-control.tsx'
import { OutputStatus } from './output-status.tsx'
import { SwitchControl } from './switch-control.tsx'

/** Sets an output and tells what became of it. What it shows as set is what is read, never what was asked for. */
export function OutputControl(props: ControlProps) {
  return (
    <div>
      {props.shape.kind === 'switch' ? <SwitchControl {...props} /> : <NumberControl {...props} />}
      <OutputStatus output={props.output} shape={props.shape} />
    </div>
  )
}
