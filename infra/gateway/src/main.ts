import { runService } from '@webmacs/service-kit'
import { startGateway } from './app.ts'
import { loadGatewayConfig } from './config.ts'

await runService({ name: 'gateway', loadConfig: loadGatewayConfig, start: startGateway })
