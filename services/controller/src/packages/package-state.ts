import { createValidator } from '@webmacs/contracts/validation'
import { type Static, Type } from 'typebox'

const Version = Type.Object({ version: Type.String(), sha256: Type.String() })

/** What a controller knows of an uploaded package, kept beside its unpacked versions. */
export const PackageState = Type.Object({
  name: Type.String(),
  /** In use; null: none is. */
  current: Type.Union([Version, Type.Null()]),
  /** What is used again when `current` does not start; null: `current` has proved itself, or there was none before. */
  previous: Type.Union([Version, Type.Null()]),
  /** A version that did not start, and why: it is not tried again. */
  refused: Type.Union([Type.Object({ ...Version.properties, problem: Type.String() }), Type.Null()]),
})
export type PackageState = Static<typeof PackageState>
export type PackageVersion = Static<typeof Version>

const validate = createValidator(PackageState, 'state')

/** undefined: it is nothing that was written here. */
export function parseState(text: string): PackageState | undefined {
  try {
    const result = validate(JSON.parse(text))
    return result.ok ? result.value : undefined
  } catch {
    return undefined // no JSON
  }
}

export const newState = (name: string): PackageState => ({ name, current: null, previous: null, refused: null })

/** A version takes the place of the one in use. A trial that was under way ends with it: what was used before all stays at hand. */
export const switched = (state: PackageState, next: PackageVersion): PackageState => ({
  ...state,
  current: next,
  previous: state.previous ?? state.current,
  refused: null,
})

/** The version in use has shown that it starts. */
export const proved = (state: PackageState): PackageState => ({ ...state, previous: null })

/** The version in use does not start: the one before is used again. */
export const rolledBack = (state: PackageState, problem: string): PackageState => ({
  ...state,
  current: state.previous,
  previous: null,
  refused: state.current === null ? state.refused : { ...state.current, problem },
})

/** A version is not taken into use at all. */
export const refused = (state: PackageState, version: PackageVersion, problem: string): PackageState => ({
  ...state,
  refused: { ...version, problem },
})
