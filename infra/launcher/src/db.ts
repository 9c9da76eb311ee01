import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startPostgres } from '@webmacs/embedded'
import { runDatabaseCommand } from '@webmacs/migrations'
import { loadLauncherConfig } from './config.ts'
import { lockDataDirectory, openDataDirectory } from './data-directory.ts'
import { LaunchError } from './launch-error.ts'
import type { Runtime } from './runtime-file.ts'
import { loadSecrets } from './secrets.ts'

/** Migration commands on `DATABASE_URL`, on the running system's database, or on the embedded one, started for the purpose. */
export async function db(args: readonly string[]): Promise<number> {
  const config = loadLauncherConfig(process.env)
  const print = (line: string): void => console.log(line)
  const running = config.databaseUrl ?? (await runningDatabase(config.dataDir))
  if (running !== undefined) {
    await runDatabaseCommand(args, running, print)
    return 0
  }
  await openDataDirectory(config.dataDir)
  const lock = await lockDataDirectory(config.dataDir)
  const secrets = await loadSecrets(config.dataDir)
  const server = await startPostgres({ dataDir: join(config.dataDir, 'postgres'), password: secrets.postgresPassword })
  try {
    const url = new URL(server.url)
    url.username = 'webmacs'
    url.password = secrets.databasePassword
    url.pathname = '/webmacs'
    await runDatabaseCommand(args, url.href, print)
    return 0
  } catch (err) {
    const isMissing =
      /database "webmacs" does not exist|role "webmacs" does not exist|password authentication failed/.test(String(err))
    throw isMissing ? new LaunchError('There is no database yet: run npm start once.', err) : err
  } finally {
    await server.stop()
    await lock.release()
  }
}

async function runningDatabase(dataDir: string): Promise<string | undefined> {
  try {
    const { database, pid }: Runtime = JSON.parse(await readFile(join(dataDir, 'runtime.json'), 'utf8'))
    process.kill(pid, 0)
    return database.url
  } catch {
    return undefined // nothing runs here
  }
}
