import type uPlot from 'uplot'
import type { ChartPlan } from './chart-plan.ts'
import { colorOf, INK, type Scheme, SECOND_AXIS_DASH } from './palette.ts'
import { axisRange, ownRange } from './value-range.ts'

export interface ChartOptionsInput {
  readonly plan: ChartPlan
  readonly scheme: Scheme
  readonly width: number
  readonly height: number
  /** Size of the root font, pixels: what is painted grows with it on a wall screen. */
  readonly fontPx: number
  /** The window to show, seconds since 1970. */
  readonly range: () => readonly [from: number, to: number]
  readonly onCursor: (moment: number | undefined) => void
}

/** uPlot's options for a plan: one scale a unit, the second on the right with dashed lines. */
export function chartOptions(input: ChartOptionsInput): uPlot.Options {
  const { plan, scheme, width, height, fontPx } = input
  const ink = INK[scheme]
  const font = `${Math.round(fontPx * 0.75)}px system-ui, sans-serif`
  const axis = { stroke: ink.text, font, ticks: { show: false } } as const
  return {
    width,
    height,
    legend: { show: false },
    padding: [fontPx * 0.75, plan.units.length > 1 ? 0 : fontPx, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: true, range: () => [...input.range()] },
      ...Object.fromEntries(plan.units.map((unit) => [unit, { range: rangeOf(plan, unit) }])),
    },
    axes: [
      { ...axis, size: fontPx * 2, grid: { stroke: ink.grid, width: 1 }, space: fontPx * 5, values: timeLabels },
      ...plan.units.map(
        (unit, index): uPlot.Axis => ({
          ...axis,
          scale: unit,
          side: index === 0 ? 3 : 1,
          size: (_chart, labels) => Math.max(0, ...(labels ?? []).map(({ length }) => length)) * fontPx * 0.46 + fontPx,
          grid: { show: index === 0, stroke: ink.grid, width: 1 },
          label: unit,
          labelFont: font,
          labelSize: fontPx * 1.2,
          labelGap: 0,
          space: fontPx * 2.4,
        }),
      ),
    ],
    series: [
      {},
      ...plan.plotted.map(
        ({ name, unit, color }): uPlot.Series => ({
          label: name,
          scale: unit,
          stroke: colorOf(scheme, color),
          width: fontPx / 8,
          spanGaps: false,
          points: { show: false },
          ...(plan.units.indexOf(unit) === 1 ? { dash: [...SECOND_AXIS_DASH] } : {}),
        }),
      ),
    ],
    hooks: {
      setCursor: [
        (chart) => {
          const { left } = chart.cursor
          input.onCursor(left === undefined || left === null || left < 0 ? undefined : chart.posToVal(left, 'x'))
        },
      ],
    },
  }
}

/** The ends of a unit's axis, by what is drawn on it and by what its events can read. */
function rangeOf(plan: ChartPlan, unit: string): uPlot.Range.Function {
  const own = ownRange(plan, unit)
  return (_chart, lowest, highest) => {
    const isAnythingRead = lowest !== null && highest !== null && Number.isFinite(lowest) && Number.isFinite(highest)
    if (!isAnythingRead) return own === undefined ? [0, 1] : [own.lowest, own.highest]
    const range = axisRange({ lowest, highest }, own)
    return [range.lowest, range.highest]
  }
}

const seconds = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

function timeLabels(_chart: uPlot, moments: number[]): string[] {
  const [first = 0, second = Number.POSITIVE_INFINITY] = moments
  const format = second - first < 60 ? seconds : minutes
  return moments.map((moment) => format.format(moment * 1000))
}
