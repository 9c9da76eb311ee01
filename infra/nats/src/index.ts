export { NATS_USERS, type NatsUser, natsConfiguration, type Permissions, permissionsOf } from './permissions.ts'
