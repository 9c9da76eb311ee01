import { SATURATION } from '../commit/rollup.ts'

/** Values from here on are added at a smaller scale, because the database refuses to add beyond the largest double. */
const LARGE = 1e290
/** An exact power of two. Only large values take it: the database refuses to multiply a tiny one down to nothing, too. */
const SCALE = 2 ** -20

const bounded = (value: string, bound: number): string => `LEAST(GREATEST(${value}, ${-bound}), ${bound})`

/** SQL for the sum of doubles that are not null; like those that are written with each reading it stops where it would overflow. */
export const boundedSum = (value: string): string => {
  const large = `coalesce(sum(${bounded(value, SATURATION)} * ${SCALE}) FILTER (WHERE abs(${value}) >= ${LARGE}), 0)`
  const others = `coalesce(sum(${value}) FILTER (WHERE abs(${value}) < ${LARGE}), 0)`
  return `(${bounded(large, SATURATION * SCALE)} / ${SCALE} + ${others})`
}
