import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** A dependency that the architecture does not allow. */
export interface Violation {
  /** File or package that has the dependency, relative to the root. */
  readonly from: string
  readonly to: string
  readonly rule: string
}

interface Workspace {
  readonly name: string
  readonly folder: string
  readonly dependencies: readonly string[]
  /** Those that are not for tests alone. */
  readonly dependenciesAtRunTime: readonly string[]
}

const SOURCES = ['shared', 'services', 'frontend', 'migrations', 'infra']
const IMPORT = /(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g

/**
 * Checks which way packages depend on one another: services never on services, shared packages never on what is built from them, the
 * dashboard only on contracts and client, drivers only on the SDK, contracts on nothing of ours; no cycles; and no file reaches into another
 * package by a relative path.
 */
export function findViolations(root: string): Violation[] {
  const workspaces = readWorkspaces(root)
  return [...packageViolations(workspaces), ...findCycles(workspaces), ...relativeEscapes(root, workspaces)]
}

function readWorkspaces(root: string): Workspace[] {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return globSync(
    workspaces.map((pattern: string) => `${pattern}/package.json`),
    { cwd: root },
  ).map((file) => {
    const { name, dependencies, devDependencies } = JSON.parse(readFileSync(join(root, file), 'utf8'))
    const ofOurs = (used: string): boolean => used.startsWith('@webmacs/')
    const atRunTime = Object.keys({ ...dependencies })
    const all = Object.keys({ ...dependencies, ...devDependencies })
    return {
      name,
      folder: dirname(file).replaceAll(sep, '/'),
      dependencies: all.filter(ofOurs),
      dependenciesAtRunTime: atRunTime.filter(ofOurs),
    }
  })
}

const isService = ({ folder }: Workspace): boolean => /^services\/[^/]+$/.test(folder)
const isPlugin = ({ folder }: Workspace): boolean => folder.startsWith('services/controller/plugins/')
const isShared = ({ folder }: Workspace): boolean => folder.startsWith('shared/')

function packageViolations(workspaces: readonly Workspace[]): Violation[] {
  const byName = new Map(workspaces.map((workspace) => [workspace.name, workspace]))
  return workspaces.flatMap((from) =>
    from.dependencies.flatMap((name) => {
      const to = byName.get(name)
      const rule = to === undefined ? 'depends on a package that does not exist' : brokenRule(from, to)
      return rule === undefined ? [] : [{ from: from.folder, to: name, rule }]
    }),
  )
}

function brokenRule(from: Workspace, to: Workspace): string | undefined {
  if (from.name === '@webmacs/contracts') return 'contracts import nothing of ours'
  if (isPlugin(from)) return mayDriverUse(from, to) ? undefined : 'drivers are built on plugin-sdk alone'
  if (from.folder === 'frontend') {
    return ['@webmacs/contracts', '@webmacs/client'].includes(to.name)
      ? undefined
      : 'the dashboard uses contracts and client only'
  }
  if (isService(from) && isService(to)) return 'services never import one another'
  if (isService(from) && isPlugin(to))
    return from.name === '@webmacs/controller' ? undefined : 'only the controller knows drivers'
  if (isService(from) && !isShared(to)) return 'services import shared packages only'
  // The tests' databases carry the real schema, so testing is the one shared package that may know the migrations.
  if (isShared(from) && !isShared(to)) {
    return from.name === '@webmacs/testing' && to.folder === 'migrations'
      ? undefined
      : 'shared packages import only shared ones'
  }
  return undefined
}

/** A driver's tests may fail its network and give it a serial line; the driver itself must not know of it. */
const mayDriverUse = (driver: Workspace, { name }: Workspace): boolean =>
  name === '@webmacs/plugin-sdk' ||
  (name === '@webmacs/testing' && !driver.dependenciesAtRunTime.includes('@webmacs/testing'))

function findCycles(workspaces: readonly Workspace[]): Violation[] {
  const dependenciesOf = new Map(workspaces.map(({ name, dependencies }) => [name, dependencies]))
  const finished = new Set<string>()
  const cycles: Violation[] = []
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      cycles.push({
        from: path.at(-1) ?? name,
        to: name,
        rule: `closes a cycle: ${[...path.slice(path.indexOf(name)), name].join(' → ')}`,
      })
      return
    }
    if (finished.has(name)) return
    for (const dependency of dependenciesOf.get(name) ?? []) visit(dependency, [...path, name])
    finished.add(name)
  }
  for (const { name } of workspaces) visit(name, [])
  return cycles
}

function relativeEscapes(root: string, workspaces: readonly Workspace[]): Violation[] {
  const folders = new Set(workspaces.map(({ folder }) => resolve(root, folder)))
  const homeOf = (file: string): string | undefined => {
    for (let folder = dirname(file); folder.length >= root.length; folder = dirname(folder))
      if (folders.has(folder)) return folder
    return undefined
  }
  const files = globSync(
    SOURCES.map((source) => `${source}/**/*.{ts,tsx,mts}`),
    {
      cwd: root,
      exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(path),
    },
  ).filter((file) => !file.includes('node_modules'))
  return files.flatMap((file) => {
    const path = resolve(root, file)
    const text = readFileSync(path, 'utf8')
    return [...text.matchAll(IMPORT)].flatMap(([, target = '']) => {
      const resolved = resolve(dirname(path), target)
      // The version of the whole system stands in the root's package.json and nowhere else.
      if (resolved === join(root, 'package.json') || homeOf(path) === homeOf(resolved) || !existsSync(resolved))
        return []
      return [{ from: relative(root, path), to: target, rule: 'reaches into another package by a relative path' }]
    })
  })
}
