import { afterAll, beforeAll } from 'vitest'
import { access } from './src/contract/access.ts'
import { audit } from './src/contract/audit.ts'
import { auth } from './src/contract/auth.ts'
import { dashboards } from './src/contract/dashboards.ts'
import { datapoints } from './src/contract/datapoints.ts'
import { events } from './src/contract/events.ts'
import { experiments } from './src/contract/experiments.ts'
import { health } from './src/contract/health.ts'
import { logging } from './src/contract/logging.ts'
import { oldClients } from './src/contract/old-clients.ts'
import { plugins } from './src/contract/plugins.ts'
import { rules } from './src/contract/rules.ts'
import { ContractSite } from './src/contract/site.ts'
import { stream } from './src/contract/stream.ts'
import { telemetry } from './src/contract/telemetry.ts'
import { throttle } from './src/contract/throttle.ts'
import { tokens } from './src/contract/tokens.ts'
import { users } from './src/contract/users.ts'

// One system for all chapters: each makes its own things and minds that those of others are there, too.
const site = new ContractSite()
beforeAll(() => site.start())
afterAll(() => site.stop())

health(site)
// Early, while lists are short: the load test reads them from the beginning for every sensor.
oldClients(site)
rules(site)
access(site)
auth(site)
users(site)
tokens(site)
events(site)
experiments(site)
datapoints(site)
logging(site)
dashboards(site)
plugins(site)
audit(site)
stream(site)
telemetry(site)
throttle(site)
