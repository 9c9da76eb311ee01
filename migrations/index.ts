export { runDatabaseCommand, USAGE, UsageError } from './cli.ts'
export { migrateToLatest } from './migrate.ts'
