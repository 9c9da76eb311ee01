import type { Calibration } from '@webmacs/contracts'

type Points = Extract<Calibration, { kind: 'table' }>['points']

/** What is true when this was measured. Not finite where the calibration leads nowhere. */
export function calibrate(calibration: Calibration, measured: number): number {
  switch (calibration.kind) {
    case 'linear':
      return measured * calibration.scale + calibration.offset
    case 'polynomial':
      return calibration.coefficients.reduceRight((sum, coefficient) => sum * measured + coefficient, 0)
    case 'table':
      return interpolate(calibration.points, measured)
  }
}

/** Straight lines between the points; the first and the last line go on beyond the ends. */
function interpolate(points: Points, measured: number): number {
  const upper = Math.min(Math.max(firstAtLeast(points, measured), 1), points.length - 1)
  const [from, to] = [points[upper - 1], points[upper]]
  if (from === undefined || to === undefined) return Number.NaN
  if (measured === to.measured) return to.reference
  return from.reference + ((measured - from.measured) / (to.measured - from.measured)) * (to.reference - from.reference)
}

/** Index of the first point that is not below, by halving; the number of points when all are below. */
function firstAtLeast(points: Points, measured: number): number {
  let [low, high] = [0, points.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((points[middle]?.measured ?? Number.POSITIVE_INFINITY) < measured) low = middle + 1
    else high = middle
  }
  return low
}
