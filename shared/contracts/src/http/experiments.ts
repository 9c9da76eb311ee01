import { type Static, Type } from 'typebox'
import { ExperimentId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { NOT_BLANK, pageOf } from './common.ts'

const name = Type.String({
  maxLength: 255,
  pattern: NOT_BLANK,
  description: 'Unique name',
  examples: ['Run 42'],
})

export const Experiment = Type.Object({
  public_id: ExperimentId,
  name,
  started_on: Type.Union([Timestamp, Type.Null()], {
    description: 'Readings from this moment on belong to it, UTC',
    examples: ['2026-11-23T16:12:13.408444Z'],
  }),
  stopped_on: Type.Union([Timestamp, Type.Null()], {
    description: 'Readings from this moment on belong to it no more, UTC; null: it runs',
    examples: [null],
  }),
  keep: Type.Boolean({ description: 'Retention spares what was measured during it' }),
  user_public_id: Type.Union([UserId, Type.Null()], { description: 'Who made it', examples: ['usr_7k2m9q4tx3ab'] }),
})
export type Experiment = Static<typeof Experiment>
export const ExperimentPage = pageOf(Experiment)

export const CreateExperiment = Type.Object({ name })
export type CreateExperiment = Static<typeof CreateExperiment>
export const UpdateExperiment = Type.Object({
  name: Type.Optional(name),
  keep: Type.Optional(Type.Boolean({ description: 'Whether retention spares what was measured during it' })),
})
export type UpdateExperiment = Static<typeof UpdateExperiment>
