import { ActionIcon, Button, Group, NativeSelect, SegmentedControl, Switch, TextInput, Tooltip } from '@mantine/core'
import { IconArrowBackUp, IconChevronLeft, IconChevronRight, IconZoomIn, IconZoomOut } from '@tabler/icons-react'
import { type FormEvent, useState, useSyncExternalStore } from 'react'
import { useServices } from '../../app/services.ts'
import { inputOf, momentOf } from '../../lib/date-input.ts'
import { PRESETS } from './chart-search.ts'
import classes from './charts.module.css'
import { liveView, pan, spanOf, type View, zoom, zoomTo } from './view.ts'
import type { ViewStore } from './view-store.ts'

const ICON = { size: '1.1rem', stroke: 1.75, 'aria-hidden': true } as const
const OWN = 'own'

/** Chooses the range: a past up to now, two moments, or step by step. */
export function RangeBar({ view }: { readonly view: ViewStore }) {
  const { ticker } = useServices().live
  const key = useSyncExternalStore(view.subscribe, () => JSON.stringify(steady(view.get())))
  const current = view.get()
  const now = (): number => ticker.exactNow() / 1000
  const preset = PRESETS.find(({ span }) => current.isLive && Math.abs(span - spanOf(current)) < 0.5)
  const choose = (span: number): void => view.set(liveView(span, now()), { isStep: true })
  const presets = PRESETS.map(({ span, label }) => ({ value: String(span), label }))
  return (
    <div className={classes.range}>
      <SegmentedControl
        visibleFrom="sm"
        size="xs"
        aria-label="Time up to now"
        value={preset === undefined ? '' : String(preset.span)}
        onChange={(value) => choose(Number(value))}
        data={presets}
      />
      <NativeSelect
        hiddenFrom="sm"
        size="xs"
        aria-label="Time up to now"
        value={preset === undefined ? OWN : String(preset.span)}
        onChange={({ currentTarget }) => {
          if (currentTarget.value !== OWN) choose(Number(currentTarget.value))
        }}
        data={[...(preset === undefined ? [{ value: OWN, label: 'Own range' }] : []), ...presets]}
      />
      <Switch
        size="sm"
        label="Live"
        checked={current.isLive}
        onChange={({ currentTarget }) =>
          view.set(currentTarget.checked ? liveView(spanOf(view.get()), now()) : { ...view.get(), isLive: false }, {
            isStep: true,
          })
        }
      />
      <FromTo key={key} view={current} onChoose={(from, to) => view.set(zoomTo(from, to, now()), { isStep: true })} />
      <Group gap={4} wrap="nowrap" role="group" aria-label="Move and zoom">
        <Step label="Earlier" onStep={() => view.set(pan(view.get(), -0.5, now()))}>
          <IconChevronLeft {...ICON} />
        </Step>
        <Step label="Later" onStep={() => view.set(pan(view.get(), 0.5, now()))}>
          <IconChevronRight {...ICON} />
        </Step>
        <Step label="Zoom in" onStep={() => view.set(zoom(view.get(), 0.5, anchorOf(view.get()), now()))}>
          <IconZoomIn {...ICON} />
        </Step>
        <Step label="Zoom out" onStep={() => view.set(zoom(view.get(), 2, anchorOf(view.get()), now()))}>
          <IconZoomOut {...ICON} />
        </Step>
        <Step label="Previous zoom" isDisabled={!view.canGoBack()} onStep={view.back}>
          <IconArrowBackUp {...ICON} />
        </Step>
      </Group>
    </div>
  )
}

interface StepProps {
  readonly label: string
  readonly isDisabled?: boolean
  readonly onStep: () => void
  readonly children: React.ReactNode
}

function Step({ label, isDisabled = false, onStep, children }: StepProps) {
  return (
    <Tooltip label={label} openDelay={500}>
      <ActionIcon variant="default" size="md" aria-label={label} disabled={isDisabled} onClick={onStep}>
        {children}
      </ActionIcon>
    </Tooltip>
  )
}

interface FromToProps {
  readonly view: View
  readonly onChoose: (from: number, to: number) => void
}

/** Two moments by hand. Made anew when the view changes, so that it says what is shown. */
function FromTo({ view, onChoose }: FromToProps) {
  const [shown] = useState({ from: inputOf(view.from), to: inputOf(view.to) })
  const [draft, setDraft] = useState(shown)
  const [from, to] = [momentOf(draft.from), momentOf(draft.to)]
  const isRange = from !== undefined && to !== undefined && from < to
  const isChanged = draft.from !== shown.from || draft.to !== shown.to
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (isRange) onChoose(from, to)
  }
  return (
    <form className={classes.fromTo} onSubmit={submit} aria-label="Own range">
      <TextInput
        size="xs"
        type="datetime-local"
        step={1}
        aria-label="From"
        value={draft.from}
        onChange={({ currentTarget }) => setDraft({ ...draft, from: currentTarget.value })}
      />
      <span className={classes.dash} aria-hidden>
        –
      </span>
      <TextInput
        size="xs"
        type="datetime-local"
        step={1}
        aria-label="To"
        value={draft.to}
        error={isChanged && from !== undefined && to !== undefined && !isRange}
        onChange={({ currentTarget }) => setDraft({ ...draft, to: currentTarget.value })}
      />
      <Button size="xs" variant="default" type="submit" disabled={!isRange || !isChanged}>
        Show
      </Button>
    </form>
  )
}

/** A live view is the same while it follows; its moments are told anew only when it changes. */
const steady = (view: View) => (view.isLive ? { span: Math.round(spanOf(view) * 1000) } : view)

const anchorOf = ({ from, to, isLive }: View): number => (isLive ? to : (from + to) / 2)
