import { runService } from '@webmacs/service-kit'
import { startFanout } from './app.ts'
import { loadFanoutConfig } from './config.ts'

await runService({ name: 'fanout', loadConfig: loadFanoutConfig, start: startFanout })
