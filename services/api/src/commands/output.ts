import type { Principal } from '@webmacs/auth/fastify'
import { AppError, type CommandActor, type EventId, type InstanceId } from '@webmacs/contracts'

/** A channel that a controller of ours can set, with names as they are now. */
export interface Output {
  readonly controller: string
  readonly instance: InstanceId
  readonly instanceName: string
  readonly channel: string
  readonly channelName: string
  readonly unit: string
  /** Event that is mapped to it. */
  readonly event: EventId | null
}

/** Who wants an output set; the name is looked up where it is written down. */
export type Orderer = Pick<CommandActor, 'kind' | 'id'>

export const ordererOf = ({ id, credential }: Principal): Orderer =>
  credential.kind === 'api-token' ? { kind: 'token', id: credential.id } : { kind: 'user', id }

export const notAnOutput = (detail: string): AppError => new AppError('command.not-an-output', { detail })
