type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> }

/** The object without what is undefined. */
export const defined = <T extends object>(object: T): Defined<T> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T> // what is left is defined
