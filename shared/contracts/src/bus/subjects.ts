/** Names of subjects, streams, durables and buckets below one prefix. Tests take a prefix each, so that they cannot see one another. */
export interface BusNames {
  readonly prefix: string
  readonly subjects: {
    readings(source: string): string
    backlog(source: string): string
    watermarks(source: string): string
    /** Set an output; answered by the controller. */
    commands(controller: string): string
    /** What became of commands; kept in the stream COMMANDS. */
    commandReports(controller: string): string
    /** Asked of a controller: what its instances show, what a driver has, whether a device can be reached. */
    controllers(controller: string, verb: ControllerVerb): string
    changes(entity: string, verb: string): string
    historian(verb: HistorianVerb): string
    dead(stream: DeadOrigin): string
    /** Batches from REST's and the socket's senders; answered by api. */
    readonly telemetry: string
    /** What a token may do now; answered by api. */
    readonly authVerify: string
    /** The experiment that runs now; answered by api. */
    readonly runningExperiment: string
    /** What time it is for the server; answered by api. */
    readonly time: string
    readonly allReadings: string
    readonly allBacklog: string
    readonly allWatermarks: string
    readonly allChanges: string
    readonly allDead: string
    readonly allCommandReports: string
  }
  readonly streams: {
    readonly readings: string
    readonly changes: string
    readonly dead: string
    readonly commands: string
  }
  readonly durables: { readonly ingest: string; readonly commandHistory: string }
  readonly buckets: { readonly controllers: string; readonly revoked: string }
  /** Object stores: files, each under a name. */
  readonly files: { readonly packages: string }
}

/** `work`: jobs are waiting, or settings changed; nothing is answered. */
export type HistorianVerb = 'watermark' | 'delete' | 'gap' | 'work'
export type ControllerVerb = 'values' | 'describe' | 'test'
/** What a dead letter came from. */
export type DeadOrigin = 'readings'

/** A source, a controller's id or an event is one token of a subject: no dot, no wildcard, no space. */
export const SUBJECT_TOKEN = '^[a-zA-Z0-9_-]{1,64}$'

/** So many api instances can run beside one another: each takes a number below this one at its start. */
export const API_INSTANCES = 64

/** Source of the readings that an api instance takes in. The few names can be listed in permissions, where a wildcard stands for whole tokens only. */
export function apiSource(instance: number): string {
  return `api-${instance % API_INSTANCES}`
}

export const DEFAULT_PREFIX = 'webmacs'

export function busNames(prefix: string = DEFAULT_PREFIX): BusNames {
  if (!/^[a-zA-Z0-9_-]{1,32}$/.test(prefix))
    throw new RangeError(`bus prefix "${prefix}" is not one subject token of at most 32 characters`)
  const streamPrefix = prefix === DEFAULT_PREFIX ? '' : `${prefix}_`
  return {
    prefix,
    subjects: {
      readings: (source) => `${prefix}.readings.${source}`,
      backlog: (source) => `${prefix}.backlog.${source}`,
      watermarks: (source) => `${prefix}.watermarks.${source}`,
      commands: (controller) => `${prefix}.commands.${controller}`,
      commandReports: (controller) => `${prefix}.command-reports.${controller}`,
      controllers: (controller, verb) => `${prefix}.controllers.${controller}.${verb}`,
      changes: (entity, verb) => `${prefix}.changes.${entity}.${verb}`,
      historian: (verb) => `${prefix}.historian.${verb}`,
      dead: (stream) => `${prefix}.dead.${stream}`,
      telemetry: `${prefix}.telemetry`,
      authVerify: `${prefix}.auth.verify`,
      runningExperiment: `${prefix}.experiments.running`,
      time: `${prefix}.time`,
      allReadings: `${prefix}.readings.>`,
      allBacklog: `${prefix}.backlog.>`,
      allWatermarks: `${prefix}.watermarks.>`,
      allChanges: `${prefix}.changes.>`,
      allDead: `${prefix}.dead.>`,
      allCommandReports: `${prefix}.command-reports.>`,
    },
    streams: {
      readings: `${streamPrefix}READINGS`,
      changes: `${streamPrefix}CHANGES`,
      dead: `${streamPrefix}DEAD`,
      commands: `${streamPrefix}COMMANDS`,
    },
    durables: { ingest: 'ingest', commandHistory: 'command-history' },
    buckets: { controllers: `${streamPrefix}controllers`, revoked: `${streamPrefix}revoked` },
    files: { packages: `${streamPrefix}packages` },
  }
}
