import { NoReplyError, request } from '@webmacs/bus'
import {
  AppError,
  type ChannelDescription,
  type ControllerVerb,
  DescribeReply,
  type DescribeRequest,
  type InstanceId,
  TestReply,
  type TestRequest,
  ValuesReply,
} from '@webmacs/contracts'
import type { Static, TSchema } from 'typebox'
import type { Broker } from '../broker.ts'
import { CONFIG_FIELD, isDefault } from './config-check.ts'
import type { InstanceConfig } from './config-text.ts'
import type { DriverOffer } from './driver-offers.ts'

/** A process has to start and to load the driver. */
const DESCRIBE_TIMEOUT_MS = 5000
/** Connecting, reading and disconnecting have their own, shorter deadlines in the controller. */
const TEST_TIMEOUT_MS = 12_000
/** An instance answers within a second. */
const VALUES_TIMEOUT_MS = 3000

/**
 * The channels of a driver under a configuration, as its controller says.
 * @returns undefined: it does not say; what it reports of the running instance will tell
 * @throws AppError `request.invalid` where the driver refuses the configuration
 */
export async function askChannels(
  broker: Broker,
  { controller, plugin }: DriverOffer,
  config: InstanceConfig,
): Promise<readonly ChannelDescription[] | undefined> {
  if (isDefault(config)) return plugin.channels
  const question: DescribeRequest = { plugin: plugin.id, config }
  try {
    const reply = await ask(
      broker,
      { controller, verb: 'describe', timeoutMs: DESCRIBE_TIMEOUT_MS },
      question,
      DescribeReply,
    )
    return reply.channels
  } catch (err) {
    if (!isUnanswered(err)) throw err
    return undefined
  }
}

/** @throws AppError `request.invalid`, `controller.away`, `broker.unavailable` */
export const askTest = (broker: Broker, controller: string, question: TestRequest): Promise<TestReply> =>
  ask(broker, { controller, verb: 'test', timeoutMs: TEST_TIMEOUT_MS }, question, TestReply)

/** @throws AppError `controller.away`, `broker.unavailable` */
export const askValues = (
  broker: Broker,
  controller: string,
  question: { readonly instance: InstanceId },
): Promise<ValuesReply> =>
  ask(broker, { controller, verb: 'values', timeoutMs: VALUES_TIMEOUT_MS }, question, ValuesReply)

interface Addressee {
  readonly controller: string
  readonly verb: ControllerVerb
  readonly timeoutMs: number
}

const isUnanswered = (err: unknown): boolean =>
  err instanceof AppError && (err.code === 'controller.away' || err.code === 'broker.unavailable')

async function ask<Reply extends TSchema>(
  broker: Broker,
  { controller, verb, timeoutMs }: Addressee,
  question: object,
  reply: Reply,
): Promise<Static<Reply>> {
  const { bus } = broker
  try {
    return await request(bus, bus.names.subjects.controllers(controller, verb), question, reply, { timeoutMs })
  } catch (err) {
    throw refusalOf(err, controller)
  }
}

/** What a controller does not answer, or cannot, is for the caller one and the same; why is in the sentence. */
function refusalOf(err: unknown, controller: string): AppError {
  if (err instanceof NoReplyError)
    return new AppError('controller.away', { detail: `The controller '${controller}' does not answer.`, cause: err })
  if (err instanceof AppError && err.code === 'request.invalid') {
    const rule = err.message.replace(/\.$/, '')
    return new AppError('request.invalid', { detail: err.message, errors: [{ field: CONFIG_FIELD, rule }], cause: err })
  }
  const reason = err instanceof AppError ? err.message : 'its answer cannot be understood.'
  return new AppError('controller.away', {
    detail: `The controller '${controller}' cannot answer: ${reason}`,
    cause: err,
  })
}
