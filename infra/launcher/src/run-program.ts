import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ROOT } from './config.ts'

/** Runs one of the project's programs with this Node.js, its output on our terminal. @returns its exit code */
export async function runProgram(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  const [code] = await once(child, 'exit')
  return code ?? 1
}
