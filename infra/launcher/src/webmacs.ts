import { runCli } from '@webmacs/cli'
import { loadLauncherConfig } from './config.ts'

/** The command line for people who write drivers. Paths are relative to where the person called npm. */
export function webmacs(args: readonly string[]): Promise<number> {
  const { calledFrom } = loadLauncherConfig(process.env)
  return runCli(args, { cwd: calledFrom, print: (line) => console.log(line) })
}
