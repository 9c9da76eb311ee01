import { runCli } from '../cli.ts'

/** A process of its own for each check: a module that was loaded once stays as it was. */
const [folder = ''] = process.argv.slice(2)
process.exitCode = await runCli(['plugin', 'check', folder], { cwd: process.cwd(), print: (line) => console.log(line) })
