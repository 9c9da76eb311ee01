import { Type } from 'typebox'

/** An id in a path. Any text is looked up: one that has not even the form of an id is unknown (404), not invalid. */
export const anyId = <Id extends string>(what: string, prefix: string) =>
  Type.Unsafe<Id>(Type.String({ description: `Public id of the ${what}`, examples: [`${prefix}_7k2m9q4tx3ab`] }))
