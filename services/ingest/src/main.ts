import { runService } from '@webmacs/service-kit'
import { startIngest } from './app.ts'
import { loadIngestConfig } from './config.ts'

await runService({ name: 'ingest', loadConfig: loadIngestConfig, start: startIngest, shutdownDeadlineMs: 15_000 })
