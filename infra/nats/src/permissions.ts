import { API_INSTANCES, apiSource, type BusNames } from '@webmacs/contracts'

/** Who may connect to the broker: one user a service, `provisioner` for set-up, `operator` for people with the NATS command line tool. */
export const NATS_USERS = ['api', 'ingest', 'fanout', 'controller', 'export', 'provisioner', 'operator'] as const
export type NatsUser = (typeof NATS_USERS)[number]

export interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

/**
 * What each user may do: no more than its service needs. It keeps services from speaking for one another by mistake, and most of what a
 * service that is taken over could do; not all: who may make a consumer of a bucket can have its contents delivered to any subject.
 */
export function permissionsOf(
  user: NatsUser,
  { prefix, subjects, streams, buckets, durables, files }: BusNames,
): Permissions {
  const own = [`_INBOX_${user}.>`, '$SRV.>']
  switch (user) {
    case 'controller':
      return {
        publish: [
          ...[`${prefix}.readings.*`, `${prefix}.backlog.*`, `${prefix}.command-reports.*`, subjects.time],
          ...[subjects.historian('watermark'), subjects.historian('gap')],
          ...[`$JS.API.STREAM.INFO.${streams.readings}`, '$JS.API.INFO'],
          ...readBucket(buckets.controllers),
          ...readFiles(files.packages),
          ...[`$KV.${buckets.controllers}.*.reported.*`, `$KV.${buckets.controllers}.*.inventory`],
          ...[`$KV.${buckets.controllers}.*.alive`, `$KV.${buckets.controllers}.*.cycle-state`],
        ],
        subscribe: [
          ...[...own, subjects.allWatermarks, subjects.allReadings],
          ...[`${prefix}.commands.*`, `${prefix}.controllers.*.*`],
        ],
      }
    case 'ingest':
      return {
        publish: [
          ...[`${prefix}.watermarks.*`, subjects.allDead, '$JS.API.INFO'],
          ...[
            `$JS.API.STREAM.INFO.${streams.readings}`,
            `$JS.API.CONSUMER.INFO.${streams.readings}.${durables.ingest}`,
          ],
          `$JS.API.CONSUMER.MSG.NEXT.${streams.readings}.${durables.ingest}`,
          `$JS.ACK.${streams.readings}.${durables.ingest}.>`,
        ],
        subscribe: [...own, `${prefix}.historian.*`],
      }
    case 'fanout':
      return {
        publish: [
          ...['$JS.API.INFO', ...readBucket(buckets.revoked)],
          ...[subjects.authVerify, subjects.telemetry, subjects.runningExperiment],
        ],
        subscribe: [
          ...[...own, subjects.allReadings],
          ...['user', 'api_token', 'experiment'].map((entity) => subjects.changes(entity, '*')),
        ],
      }
    case 'export':
      return {
        publish: ['$JS.API.INFO', subjects.changes('export', '*')],
        subscribe: [...own, subjects.changes('export', '*')],
      }
    case 'api':
      return {
        publish: [
          ...[`${prefix}.changes.>`, '$JS.API.INFO'],
          ...readBucket(buckets.controllers),
          ...readBucket(buckets.revoked),
          ...readFiles(files.packages),
          ...[`$O.${files.packages}.C.*`, `$O.${files.packages}.M.*`, `$JS.API.STREAM.PURGE.OBJ_${files.packages}`],
          ...[`$KV.${buckets.controllers}.*.desired.*`, `$KV.${buckets.controllers}.*.cycle`],
          `$KV.${buckets.controllers}.packages`,
          ...[`$KV.${buckets.revoked}.*`, `${prefix}.commands.*`, `${prefix}.controllers.*.*`],
          `$JS.API.STREAM.INFO.${streams.commands}`,
          `$JS.API.CONSUMER.INFO.${streams.commands}.${durables.commandHistory}`,
          `$JS.API.CONSUMER.MSG.NEXT.${streams.commands}.${durables.commandHistory}`,
          `$JS.ACK.${streams.commands}.${durables.commandHistory}.>`,
          ...apiSources().flatMap((source) => [subjects.readings(source), subjects.backlog(source)]),
          ...[`$JS.API.STREAM.INFO.${streams.readings}`, `$JS.API.STREAM.MSG.GET.${streams.readings}`],
          ...[`$JS.API.CONSUMER.INFO.${streams.readings}.${durables.ingest}`],
          ...[subjects.historian('delete'), subjects.historian('work')],
        ],
        subscribe: [
          ...[...own, subjects.allReadings, subjects.allBacklog, subjects.allChanges],
          ...[subjects.authVerify, subjects.telemetry, subjects.runningExperiment, subjects.allWatermarks],
          subjects.time,
        ],
      }
    case 'operator':
      return {
        publish: ['$SRV.>', '$JS.API.>', '$JS.ACK.>', '$SYS.REQ.USER.INFO'],
        subscribe: ['>'],
      }
    case 'provisioner':
      return { publish: ['>'], subscribe: ['>'] }
  }
}

/** One by one: `readings.api-*` would be a subject with a star in it, because a wildcard stands for a whole token. */
const apiSources = (): string[] => Array.from({ length: API_INSTANCES }, (_, instance) => apiSource(instance))

/** Reading and watching a key-value bucket is reading a stream through short-lived consumers. */
const readBucket = (bucket: string): string[] => readStream(`KV_${bucket}`)

/** So is reading from an object store. */
const readFiles = (store: string): string[] => readStream(`OBJ_${store}`)

function readStream(stream: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    '$JS.FC.>',
  ]
}

/** `nats-server` configuration: limits, users and what they may do. Passwords are the caller's. */
export function natsConfiguration(
  names: BusNames,
  passwords: Readonly<Record<NatsUser, string>>,
  limits: { readonly maxFileStoreBytes: number },
): string {
  const users = NATS_USERS.map((user) => {
    const { publish, subscribe } = permissionsOf(user, names)
    const permissions = { publish: { allow: publish }, subscribe: { allow: subscribe }, allow_responses: true }
    return `    { user: ${JSON.stringify(user)}, password: ${JSON.stringify(passwords[user])}, permissions: ${JSON.stringify(permissions)} }`
  })
  return [
    'max_payload: 1MB',
    `jetstream { max_file_store: ${limits.maxFileStoreBytes}, max_memory_store: 67108864 }`,
    'authorization {',
    '  users = [',
    users.join(',\n'),
    '  ]',
    '}',
    '',
  ].join('\n')
}
