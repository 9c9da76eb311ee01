import { EmbeddedServerError } from '@webmacs/embedded'
import { LaunchError } from './launch-error.ts'

/** `npm start`, `npm run dev`, `npm test`, `npm run bench`, `npm run db`, `npm run webmacs`: each loads only what it needs. */
async function run([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case 'start':
    case 'dev':
      return (await import('./start.ts')).start(command)
    case 'test':
      return (await import('./test.ts')).test(args)
    case 'bench':
      return (await import('./bench.ts')).bench(args)
    case 'db':
      return (await import('./db.ts')).db(args)
    case 'webmacs':
      return (await import('./webmacs.ts')).webmacs(args)
    default:
      throw new LaunchError(`"${command}" is no command. There are: start, dev, test, bench, db, webmacs.`)
  }
}

try {
  process.exit(await run(process.argv.slice(2)))
} catch (err) {
  const isExpected =
    err instanceof LaunchError ||
    err instanceof EmbeddedServerError ||
    (err instanceof Error && err.name === 'UsageError')
  console.error(isExpected ? `\n${err.message}` : err)
  process.exit(1)
}
