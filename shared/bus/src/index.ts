export { type Bucket, type BucketEntry, openBucket } from './bucket.ts'
export {
  type Bus,
  type BusLog,
  type BusOptions,
  type BusStatus,
  connectBus,
  NotConnectedError,
  openBus,
} from './connection.ts'
export { type FileStore, openFileStore } from './file-store.ts'
export {
  InvalidMessageError,
  NoReplyError,
  parseJson,
  publishChange,
  type Responder,
  request,
  respond,
} from './messages.ts'
export {
  ACK_WAIT_MS,
  type BusLimits,
  DEFAULT_LIMITS,
  DEFAULT_LIMITS_BYTES,
  provision,
  unprovision,
} from './provision.ts'
export { type PullOptions, pullMessages } from './pull.ts'
export { lagShare, type ReadingsLag, readReadingsLag } from './readings-lag.ts'
export { registerService, type ServiceIdentity } from './service-registration.ts'
export { onceReached, untilConnected } from './waiting.ts'
