import { runService } from '@webmacs/service-kit'
import { startController } from './app.ts'
import { loadControllerConfig } from './config.ts'

await runService({ name: 'controller', loadConfig: loadControllerConfig, start: startController })
