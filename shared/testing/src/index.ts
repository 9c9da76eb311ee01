export { aFrame, valuesOf } from './builders.ts'

import './context.ts'

export { npmPack, type PackageFiles, type PluginPackageOptions, pluginFiles, pluginPackage } from './npm-package.ts'
export { quietLog } from './quiet-log.ts'
export { startTestServers, type TestServers } from './servers.ts'
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
export { createTestBus, type TestBus } from './test-bus.ts'
export { createTestDatabase, type TestDatabase } from './test-database.ts'
export { until } from './until.ts'
