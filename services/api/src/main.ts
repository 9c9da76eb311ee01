import { runService } from '@webmacs/service-kit'
import { startApi } from './app.ts'
import { loadApiConfig } from './config.ts'

await runService({ name: 'api', loadConfig: loadApiConfig, start: startApi })
