import type uPlot from 'uplot'
import type { ChartPlan } from '../trends/chart-plan.ts'
import { INK, type Scheme } from '../trends/palette.ts'
import { axisRange, ownRange } from '../trends/value-range.ts'
import type { Extent } from './course.ts'
import { timeLabels } from './time-labels.ts'

export interface ExplorerOptionsInput {
  readonly plan: ChartPlan
  readonly scheme: Scheme
  readonly width: number
  readonly height: number
  /** Size of the root font, pixels. */
  readonly fontPx: number
  readonly range: () => readonly [from: number, to: number]
  /** Of what is shown in a unit. */
  readonly extentOf: (unit: string) => Extent | undefined
  readonly onDraw: (chart: uPlot) => void
  readonly onCursor: (moment: number | undefined) => void
  readonly onSelect: (from: number, to: number) => void
}

/** Lines of the axes after the first: what belongs where can be seen without colour. */
export const AXIS_DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3]]

/** uPlot gives axes, scales, cursor and selection; the courses are painted by us, each with times of its own. */
export function explorerOptions(input: ExplorerOptionsInput): uPlot.Options {
  const { plan, scheme, width, height, fontPx } = input
  const ink = INK[scheme]
  const font = `${Math.round(fontPx * 0.75)}px system-ui, sans-serif`
  const axis = { stroke: ink.text, font, ticks: { show: false } } as const
  return {
    width,
    height,
    legend: { show: false },
    padding: [fontPx * 0.75, plan.units.length > 1 ? 0 : fontPx, 0, plan.units.length > 0 ? 0 : fontPx],
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    scales: {
      x: { time: true, range: () => [...input.range()] },
      ...Object.fromEntries(plan.units.map((unit) => [unit, { range: () => endsOf(input, unit) }])),
    },
    axes: [
      {
        ...axis,
        size: fontPx * 3,
        grid: { stroke: ink.grid, width: 1 },
        space: fontPx * 5.5,
        values: (_chart, moments) => timeLabels(moments),
      },
      ...plan.units.map(
        (unit, index): uPlot.Axis => ({
          ...axis,
          scale: unit,
          side: index % 2 === 0 ? 3 : 1,
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
    series: [{}, ...plan.units.map((unit): uPlot.Series => ({ scale: unit, show: true, points: { show: false } }))],
    hooks: {
      draw: [input.onDraw],
      setCursor: [
        (chart) => {
          const { left } = chart.cursor
          input.onCursor(left === undefined || left === null || left < 0 ? undefined : chart.posToVal(left, 'x'))
        },
      ],
      setSelect: [
        (chart) => {
          const { left, width: selected } = chart.select
          if (selected < LEAST_SELECTION_PX) return
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          input.onSelect(chart.posToVal(left, 'x'), chart.posToVal(left + selected, 'x'))
        },
      ],
    },
  }
}

/** A hand that trembles on a click selects nothing. */
const LEAST_SELECTION_PX = 5

function endsOf({ plan, extentOf }: ExplorerOptionsInput, unit: string): [number, number] {
  const own = ownRange(plan, unit)
  const extent = extentOf(unit)
  if (extent === undefined) return own === undefined ? [0, 1] : [own.lowest, own.highest]
  const { lowest, highest } = axisRange(extent, own)
  return [lowest, highest]
}
