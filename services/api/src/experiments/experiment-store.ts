import type { Principal } from '@webmacs/auth/fastify'
import {
  AppError,
  type CreateExperiment,
  type Experiment,
  type ExperimentId,
  formatTime,
  type Micros,
  newId,
  type Page,
  type UpdateExperiment,
} from '@webmacs/contracts'
import { type Row, type Tables, violatedUnique } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { checkVersion, type Edit, nextVersion, type Versioned } from '@webmacs/http-kit/versions'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { writeLogEntry } from '../logging/log-entry-store.ts'

/** Oldest first. */
export async function listExperiments(
  db: Kysely<Tables>,
  page: Page,
): Promise<{ total: number; experiments: Experiment[] }> {
  const [rows, counted] = await Promise.all([
    experiments(db).orderBy('experiments.id').limit(limitOf(page)).offset(offsetOf(page)).execute(),
    db
      .selectFrom('experiments')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ])
  return { total: counted.total, experiments: rows.map(experimentAnswer) }
}

/** @throws AppError `experiment.unknown` */
export async function readExperiment(db: Kysely<Tables>, id: ExperimentId): Promise<Versioned<Experiment>> {
  const row = await experiments(db).where('experiments.public_id', '=', id).executeTakeFirst()
  if (row === undefined) throw unknownExperiment(id)
  return { value: experimentAnswer(row), updatedOn: row.updated_on }
}

/** @throws AppError `experiment.running`, `experiment.exists` */
export async function startExperiment(
  db: Kysely<Tables>,
  changes: Changes,
  { name }: CreateExperiment,
  by: Principal,
): Promise<ExperimentId> {
  const id = newId('exp')
  try {
    await changes.make(by, async (making) => {
      const { trx, record } = making
      const { id: key } = await trx
        .insertInto('experiments')
        .values({ public_id: id, name, started_on: sql`clock_timestamp()`, user_id: by.key })
        .returning('id')
        .executeTakeFirstOrThrow()
      const { started_on } = await trx
        .updateTable('experiments')
        .set({ started_on: afterAllOthers })
        .where('id', '=', key)
        .returning('started_on')
        .executeTakeFirstOrThrow()
      await record({
        entity: 'experiment',
        verb: 'started',
        id,
        after: factsOf({ name, started_on, stopped_on: null, keep: false }),
      })
      await writeLogEntry(making, { content: `Experiment '${name}' started.` }, by.key)
    })
  } catch (err) {
    throw await asConflict(db, err, name)
  }
  return id
}

/**
 * SQL for the start of the experiment that has just taken the one running place: every other's end is committed by then, and seen. Not before
 * any of them, whatever the clock does, because a moment belongs to one experiment (`experimentAt`).
 */
const afterAllOthers = sql<string>`greatest(clock_timestamp(), (SELECT max(others.stopped_on) FROM experiments others))`

/** SQL for the end of a running experiment: its window is never empty, so that no two start at the same moment. */
const afterStart = sql<string>`greatest(clock_timestamp(), started_on + interval '1 microsecond')`

/**
 * Stops an experiment; one that has stopped stays as it is.
 * @returns the version that is in force then
 * @throws AppError `experiment.unknown`
 */
export function stopExperiment(changes: Changes, id: ExperimentId, by: Principal): Promise<Micros> {
  return changes.make(by, async (making) => {
    const { trx, record } = making
    const row = await lockExperiment(trx, id)
    if (row.stopped_on !== null) return row.updated_on
    const stopped = await trx
      .updateTable('experiments')
      .set({ stopped_on: afterStart, updated_on: nextVersion })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    await record({ entity: 'experiment', verb: 'stopped', id, before: factsOf(row), after: factsOf(stopped) })
    await writeLogEntry(making, { content: `Experiment '${row.name}' stopped.` }, by.key)
    return stopped.updated_on
  })
}

/**
 * Changes what the input names.
 * @returns the version that is in force then
 * @throws AppError `experiment.unknown`, `experiment.exists`, `request.precondition`
 */
export function updateExperiment(
  changes: Changes,
  id: ExperimentId,
  input: UpdateExperiment,
  { by, expected }: Edit,
): Promise<Micros> {
  return changes.make(by, async ({ trx, record }) => {
    const row = await lockExperiment(trx, id)
    checkVersion(expected, row.updated_on)
    const { name = row.name, keep = row.keep } = input
    if (name === row.name && keep === row.keep) return row.updated_on
    const { updated_on } = await trx
      .updateTable('experiments')
      .set({ name, keep, updated_on: nextVersion })
      .where('id', '=', row.id)
      .returning('updated_on')
      .executeTakeFirstOrThrow()
      .catch((err) => {
        throw violatedUnique(err) === 'experiments_name_key' ? nameTaken(name, err) : err
      })
    const after = factsOf({ ...row, name, keep })
    await record({ entity: 'experiment', verb: 'updated', id, before: factsOf(row), after })
    return updated_on
  })
}

/**
 * Deletes the record, also of a running experiment, which ends by that. The datapoints of its time stay, and belong to none.
 * @throws AppError `experiment.unknown`, `request.precondition`
 */
export async function deleteExperiment(changes: Changes, id: ExperimentId, { by, expected }: Edit): Promise<void> {
  await changes.make(by, async ({ trx, record }) => {
    const row = await lockExperiment(trx, id)
    checkVersion(expected, row.updated_on)
    await trx.deleteFrom('experiments').where('id', '=', row.id).execute()
    await record({ entity: 'experiment', verb: 'deleted', id, before: factsOf(row) })
  })
}

/** What a violated constraint says to the person who wants to start one; that another runs comes before that the name is taken. */
async function asConflict(db: Kysely<Tables>, err: unknown, name: string): Promise<unknown> {
  const violated = violatedUnique(err)
  if (violated !== 'experiments_one_running' && violated !== 'experiments_name_key') return err
  const running = await db
    .selectFrom('experiments')
    .select('name')
    .where('started_on', 'is not', null)
    .where('stopped_on', 'is', null)
    .executeTakeFirst()
  if (running !== undefined) {
    const detail = `Experiment '${running.name}' is running: stop it first.`
    return new AppError('experiment.running', { detail, cause: err })
  }
  // The other one has stopped since.
  if (violated === 'experiments_one_running') return new AppError('experiment.running', { cause: err })
  return nameTaken(name, err)
}

const experiments = (db: Kysely<Tables>) =>
  db
    .selectFrom('experiments')
    .leftJoin('users', 'users.id', 'experiments.user_id')
    .select(['experiments.public_id', 'name', 'started_on', 'stopped_on', 'keep'])
    .select(['users.public_id as user_public_id', 'experiments.updated_on'])

type ExperimentRow = Awaited<ReturnType<ReturnType<typeof experiments>['executeTakeFirstOrThrow']>>

const experimentAnswer = ({ public_id, user_public_id, ...row }: ExperimentRow): Experiment => ({
  public_id,
  ...factsOf(row),
  user_public_id,
})

const factsOf = ({
  name,
  started_on,
  stopped_on,
  keep,
}: Pick<Row<'experiments'>, 'name' | 'started_on' | 'stopped_on' | 'keep'>) => ({
  name,
  started_on: started_on === null ? null : formatTime(started_on),
  stopped_on: stopped_on === null ? null : formatTime(stopped_on),
  keep,
})

/** @throws AppError `experiment.unknown` */
async function lockExperiment(trx: Transaction<Tables>, id: ExperimentId): Promise<Row<'experiments'>> {
  const row = await trx.selectFrom('experiments').selectAll().where('public_id', '=', id).forUpdate().executeTakeFirst()
  if (row === undefined) throw unknownExperiment(id)
  return row
}

const nameTaken = (name: string, cause: unknown): AppError =>
  new AppError('experiment.exists', { detail: `Experiment '${name}' already exists.`, cause })

const unknownExperiment = (id: string): AppError =>
  new AppError('experiment.unknown', { detail: `Experiment '${id}' not found.` })
