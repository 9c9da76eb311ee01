import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './config.ts'
import { runProgram } from './run-program.ts'

const program = (...path: string[]): string => join(ROOT, 'node_modules', ...path)

interface Check {
  readonly name: string
  run(): Promise<number>
}

/** Turbo runs what changed, and must neither ask nor tell anybody. */
const OFFLINE = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }

const CHECKS: readonly Check[] = [
  {
    name: 'lint, format, dependency direction',
    run: () => runProgram(program('@biomejs', 'biome', 'bin', 'biome'), ['check', '--error-on-warnings']),
  },
  {
    name: 'types and frontend build',
    run: () =>
      runProgram(program('turbo', 'bin', 'turbo'), ['run', 'typecheck', 'build', '--output-logs=errors-only'], OFFLINE),
  },
]

/** Every check and every test; with arguments only the tests whose path matches. The last line counts the tests. */
export async function test(args: readonly string[]): Promise<number> {
  const failed: string[] = []
  if (args.length === 0) {
    for (const { name, run } of CHECKS) {
      console.log(`\n── ${name}`)
      if ((await run()) !== 0) failed.push(name)
    }
  }
  console.log('\n── tests')
  const counts = await runTests(args)
  if (counts.exitCode !== 0) failed.push('tests')
  if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`)
  console.log(`\ntests: ${counts.passed} passed, ${counts.failed} failed`)
  return failed.length === 0 ? 0 : 1
}

async function runTests(args: readonly string[]): Promise<{ exitCode: number; passed: number; failed: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-report-'))
  const report = join(folder, 'tests.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const exitCode = await runProgram(program('vitest', 'vitest.mjs'), ['run', ...reporters, ...args])
    const { numPassedTests, numFailedTests } = JSON.parse(await readFile(report, 'utf8'))
    // A file that fails before its first test, or an error outside any, counts as one failure.
    const failed = exitCode !== 0 && numFailedTests === 0 ? 1 : numFailedTests
    return { exitCode, passed: numPassedTests, failed }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
