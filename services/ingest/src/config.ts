import { busEnvironment, databaseEnvironment, loadConfig, serviceEnvironment } from '@webmacs/service-kit'
import { type Static, Type } from 'typebox'

const Environment = Type.Object({
  ...serviceEnvironment(9103),
  ...busEnvironment,
  ...databaseEnvironment,
  RETENTION_DAYS: Type.Integer({
    minimum: 1,
    maximum: 36_500,
    default: 3650,
    description: 'Readings older than this are refused, days; where datapoints are kept for fewer days, those',
  }),
  DATABASE_PATH: Type.String({
    default: '',
    description: 'Folder on the disk of the database, to tell how full it is; empty: not known',
  }),
  BATCH_MAX_ROWS: Type.Integer({
    minimum: 1,
    maximum: 200_000,
    default: 20_000,
    description: 'Rows after which a batch is committed',
  }),
  BATCH_MAX_KB: Type.Integer({
    minimum: 64,
    maximum: 65_536,
    default: 4096,
    description: 'Message bytes after which a batch is committed, kB',
  }),
  BATCH_LANES: Type.Integer({
    minimum: 1,
    maximum: 16,
    default: 2,
    description: 'Batches that are committed at the same time, each on a database connection',
  }),
  BATCH_MAX_AGE_MS: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 100,
    description: 'Longest wait of a reading for the rest of its batch, ms',
  }),
})

export type IngestConfig = Readonly<Static<typeof Environment>>

export const loadIngestConfig = (env: NodeJS.ProcessEnv): IngestConfig => loadConfig(Environment, env)
