import { spawn } from 'node:child_process'
import { UsageError } from './usage-error.ts'

/**
 * Runs a program and waits for its end.
 * @returns what it printed
 * @throws UsageError with what it printed, when it fails
 */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  let printed = ''
  let complained = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  const code = await promise
  if (code !== 0) throw new UsageError(`${program} ${args.join(' ')} failed in ${cwd}:\n${printed}${complained}`)
  return printed
}
