import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))
const SDK = join(REPOSITORY, 'shared', 'plugin-sdk')
const TSC = join(REPOSITORY, 'node_modules', '.bin', 'tsc')

interface SdkManifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

/**
 * The SDK as a package of JavaScript with its types: below `node_modules`, Node.js runs no TypeScript. What only tests need (Ajv) is a peer, so
 * that it is not packed with each driver.
 * @param folder where the file goes
 * @returns path of the file
 */
export async function packSdk(folder: string): Promise<string> {
  const manifest: SdkManifest = JSON.parse(await readFile(join(SDK, 'package.json'), 'utf8'))
  const work = await mkdtemp(join(tmpdir(), 'webmacs-sdk-'))
  try {
    await run(TSC, ['--project', join(SDK, 'tsconfig.build.json'), '--outDir', join(work, 'dist')], SDK)
    await writeFile(join(work, 'package.json'), `${JSON.stringify(shippedManifest(manifest), undefined, 2)}\n`)
    await writeFile(join(work, 'README.md'), await readFile(join(SDK, 'README.md')))
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], work)
    return join(folder, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function shippedManifest({ name, version, description, license, exports, dependencies }: SdkManifest): object {
  const built = (path: string): string => path.replace('./src/', './dist/').replace(/\.ts$/, '')
  return {
    ...{ name, version, description, license, type: 'module', engines: { node: '>=20' } },
    exports: Object.fromEntries(
      Object.entries(exports).map(([entry, path]) => [
        entry,
        { types: `${built(path)}.d.ts`, default: `${built(path)}.js` },
      ]),
    ),
    peerDependencies: dependencies,
    peerDependenciesMeta: Object.fromEntries(Object.keys(dependencies).map((name) => [name, { optional: true }])),
  }
}
