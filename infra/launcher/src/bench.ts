import { join } from 'node:path'
import { ROOT } from './config.ts'
import { runProgram } from './run-program.ts'

export const bench = (args: readonly string[]): Promise<number> =>
  runProgram(join(ROOT, 'infra', 'bench', 'src', 'main.ts'), args)
