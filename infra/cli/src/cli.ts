import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { checkPlugin } from './check-plugin.ts'
import { newPlugin } from './new-plugin.ts'
import { UsageError } from './usage-error.ts'

export const USAGE = `npm run webmacs -- <command>

  plugin new <id> [folder]            a package for a new driver, in ./<id> when no folder is given
  plugin check [folder] [--device f]  conformance checks of a driver that is built; with the JSON file of a
                                      configuration, on the device as well (its outputs are set to 0)`

export interface CliSurroundings {
  /** Folder that paths are relative to. */
  readonly cwd: string
  readonly print: (line: string) => void
}

/**
 * The command line of WebMACS.
 * @returns the exit code
 * @throws UsageError
 */
export async function runCli(args: readonly string[], { cwd, print }: CliSurroundings): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { device: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  const [topic, verb, first, second] = positionals
  if (values.help || topic === undefined) {
    print(USAGE)
    return 0
  }
  if (topic === 'plugin' && verb === 'new' && first !== undefined) {
    const folder = resolve(cwd, second ?? first)
    await newPlugin(first, folder)
    print(`${folder} holds a driver that works. Next:\n  cd ${folder}\n  npm install\n  npm test\n  npm pack`)
    return 0
  }
  if (topic === 'plugin' && verb === 'check') {
    const deviceConfig = values.device === undefined ? undefined : resolve(cwd, values.device)
    return (await checkPlugin({ folder: resolve(cwd, first ?? '.'), deviceConfig, print })) ? 0 : 1
  }
  throw new UsageError(USAGE)
}
