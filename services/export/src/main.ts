import { runService } from '@webmacs/service-kit'
import { startExport } from './app.ts'
import { loadExportConfig } from './config.ts'

await runService({ name: 'export', loadConfig: loadExportConfig, start: startExport })
