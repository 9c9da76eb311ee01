import { type Bus, respond } from '@webmacs/bus'
import { DescribeRequest, TestRequest, ValuesRequest } from '@webmacs/contracts'
import type { Looks } from './looks.ts'
import type { Trials } from './trials.ts'

export interface AnswersOptions {
  readonly bus: Bus
  readonly controller: string
  readonly looks: Looks
  readonly trials: Trials
}

/** Answers what a controller is asked about its devices. @returns what ends it */
export function answerQuestions({ bus, controller, looks, trials }: AnswersOptions): () => Promise<void> {
  const { controllers } = bus.names.subjects
  const responders = [
    respond(bus, controllers(controller, 'values'), ValuesRequest, ({ instance }) => looks.look(instance)),
    respond(bus, controllers(controller, 'describe'), DescribeRequest, (request) => trials.describe(request)),
    respond(bus, controllers(controller, 'test'), TestRequest, (request) => trials.test(request)),
  ]
  return async () => {
    trials.stop()
    await Promise.all(responders.map((responder) => responder.stop()))
  }
}
