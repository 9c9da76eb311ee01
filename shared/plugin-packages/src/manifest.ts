import { AppError } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import semver from 'semver'
import { type Static, Type } from 'typebox'

const Names = Type.Record(Type.String(), Type.Unknown())

/** What is looked at in the package.json of a package that another one brings along. */
export const BundledManifest = Type.Object({
  dependencies: Type.Optional(Names),
  optionalDependencies: Type.Optional(Names),
  scripts: Type.Optional(Names),
})
export type BundledManifest = Static<typeof BundledManifest>

/** Refusals repeat them. */
const Platforms = Type.Array(Type.String({ maxLength: 50 }), { maxItems: 50 })

/** What is looked at in the package.json of a package of plugins. */
export const PackageManifest = Type.Object({
  ...BundledManifest.properties,
  name: Type.String({ pattern: '^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$', maxLength: 214 }),
  version: Type.String({ minLength: 1, maxLength: 100 }),
  peerDependencies: Type.Optional(Names),
  peerDependenciesMeta: Type.Optional(
    Type.Record(Type.String(), Type.Object({ optional: Type.Optional(Type.Boolean()) })),
  ),
  engines: Type.Optional(Type.Object({ node: Type.Optional(Type.String({ maxLength: 200 })) })),
  os: Type.Optional(Platforms),
  cpu: Type.Optional(Platforms),
})
export type PackageManifest = Static<typeof PackageManifest>

/** Plugin id → module, relative to the package. */
const Plugins = Type.Object({
  webmacs: Type.Object({
    plugins: Type.Record(
      Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,99}$' }),
      Type.String({ minLength: 1, maxLength: 1000 }),
      { minProperties: 1, maxProperties: 100, additionalProperties: false },
    ),
  }),
})

const validatePackage = createValidator(PackageManifest, 'package.json')
const validatePlugins = createValidator(Plugins, 'package.json')
const validateBundled = createValidator(BundledManifest, 'package.json')

/** @throws AppError `package.not-a-package` */
export function parseManifest(text: string): PackageManifest {
  const result = validatePackage(parseJson(text))
  if (!result.ok) throw notAPackage(result.errors.map(({ field, rule }) => `${field} ${rule}`).join('; '))
  if (semver.valid(result.value.version) !== result.value.version)
    throw notAPackage('its version must be a semantic version like 1.2.0')
  return result.value
}

/** @returns plugin id → path of its module. @throws AppError `package.no-plugins` */
export function pluginsOf(text: string): ReadonlyMap<string, string> {
  const result = validatePlugins(parseJson(text))
  if (result.ok) return new Map(Object.entries(result.value.webmacs.plugins))
  throw new AppError('package.no-plugins', {
    detail:
      'package.json announces no plugins: it needs "webmacs": { "plugins": { "<plugin id>": "./<module>.js" } }, ids in lower case letters, digits, - and _.',
  })
}

/** What cannot be understood says nothing; what is not looked at is not kept. */
export function parseBundledManifest(text: string): BundledManifest {
  const result = validateBundled(parseJson(text))
  if (!result.ok) return {}
  const { dependencies = {}, optionalDependencies = {}, scripts = {} } = result.value
  return { dependencies, optionalDependencies, scripts }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no schema allows it
  }
}

const notAPackage = (why: string): AppError =>
  new AppError('package.not-a-package', {
    detail: `The file is not a package: its package.json is not usable: ${why}.`,
  })
