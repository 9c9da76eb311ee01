/** Line colours after Okabe and Ito, told apart with any colour vision, at least 3:1 on the card of their scheme. */
const COLORS = {
  light: ['#0072b2', '#c44f00', '#00795b', '#a8468b', '#8a6500', '#4b4bb8', '#5b636b', '#b3123f'],
  dark: ['#56b4e9', '#ff9248', '#2fd3a0', '#e79ccc', '#f0cf3c', '#aeb0ff', '#c3cad1', '#ff8098'],
} as const

export type Scheme = keyof typeof COLORS

export const colorOf = (scheme: Scheme, place: number): string =>
  COLORS[scheme][place % COLORS[scheme].length] ?? '#888'

/** Dashes of the lines on the second axis: what belongs to which side can be seen without colour. */
export const SECOND_AXIS_DASH: readonly number[] = [7, 4]

/** Colours of grid, axes and text on the card of a scheme. */
export const INK = {
  light: { grid: '#e6eaee', text: '#56606b' },
  dark: { grid: '#2e353c', text: '#a3adb8' },
} as const satisfies Record<Scheme, { grid: string; text: string }>
