import type { Signal, SignalGroup } from '../signals/signal-groups.ts'

/** A signal that the chart draws: its place in the palette stays with it while it is chosen. */
export interface PlottedSignal {
  readonly signal: Signal
  /** Name with its group in front where two groups have the same. */
  readonly name: string
  /** 0-based place in the palette. */
  readonly color: number
  readonly unit: string
}

export interface ChartPlan {
  readonly plotted: readonly PlottedSignal[]
  /** Units with an axis of their own, the first on the left. */
  readonly units: readonly string[]
  /** Units that were chosen but have no axis. */
  readonly leftOut: readonly string[]
}

/** How much a chart draws. */
export interface PlanLimits {
  readonly plotted: number
  /** A unit has an axis of its own. */
  readonly axes: number
}
export const TREND_LIMITS: PlanLimits = { plotted: 8, axes: 2 }
/** So many are drawn before anybody has chosen. */
const FIRST_CHOICE = 4

/** What to draw of the signals chosen, as far as it fits. */
export function planChart(
  groups: readonly SignalGroup[],
  chosen: readonly string[],
  limits: PlanLimits = TREND_LIMITS,
): ChartPlan {
  const all = groups.flatMap((group) => [...group.sensors, ...group.controls].map((signal) => ({ group, signal })))
  const labels = all.map(({ signal }) => signal.label)
  const isAmbiguous = (label: string): boolean => labels.indexOf(label) !== labels.lastIndexOf(label)
  const found = chosen
    .flatMap((id) => all.find(({ signal }) => signal.event.public_id === id) ?? [])
    .slice(0, limits.plotted)
  const allUnits = [...new Set(found.map(({ signal }) => signal.event.unit))]
  const units = allUnits.slice(0, limits.axes)
  const plotted = found.flatMap(({ group, signal }, color): PlottedSignal[] => {
    const { unit } = signal.event
    const name = isAmbiguous(signal.label) ? `${group.title}: ${signal.label}` : signal.label
    return units.includes(unit) ? [{ signal, name, color, unit }] : []
  })
  return { plotted, units, leftOut: allUnits.slice(limits.axes) }
}

/** What to draw before anybody has chosen: the first sensors that share two axes, from as many instances as there are. */
export function firstChoice(groups: readonly SignalGroup[]): string[] {
  const sensors = groups.map(({ sensors: own }) => own)
  const inTurns = Array.from({ length: Math.max(0, ...sensors.map(({ length }) => length)) }, (_, turn) =>
    sensors.flatMap((own) => own[turn] ?? []),
  ).flat()
  const units = [...new Set(inTurns.map(({ event }) => event.unit))].slice(0, TREND_LIMITS.axes)
  return inTurns
    .filter(({ event }) => units.includes(event.unit))
    .slice(0, FIRST_CHOICE)
    .map(({ event }) => event.public_id)
}
