import { isDeepStrictEqual } from 'node:util'
import type { Principal } from '@webmacs/auth/fastify'
import {
  type CreateDashboard,
  type Dashboard,
  type DashboardId,
  formatTime,
  type Micros,
  newId,
  type Page,
  type UpdateDashboard,
  type Widget,
} from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { checkVersion, type Edit, nextVersion, type Versioned } from '@webmacs/http-kit/versions'
import type { ExpressionBuilder, Kysely, Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { checkMayChange, checkMayRead, unknownDashboard } from './dashboard-rights.ts'
import { readWidgets } from './widget-rows.ts'

/** Own and global dashboards with their widgets, the newest first. */
export async function listDashboards(
  db: Kysely<Tables>,
  page: Page,
  by: Principal,
): Promise<{ total: number; dashboards: Dashboard[] }> {
  const [rows, counted] = await Promise.all([
    dashboards(db)
      .where(visibleTo(by))
      .orderBy('dashboards.created_on', 'desc')
      .orderBy('dashboards.id', 'desc')
      .limit(limitOf(page))
      .offset(offsetOf(page))
      .execute(),
    db
      .selectFrom('dashboards')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where(visibleTo(by))
      .executeTakeFirstOrThrow(),
  ])
  const keys = rows.map(({ id }) => id)
  const widgets = await readWidgets(db, keys)
  return { total: counted.total, dashboards: rows.map((row) => dashboardOf(row, widgets.get(row.id) ?? [])) }
}

/** @throws AppError `dashboard.unknown`, `auth.forbidden` */
export async function readDashboard(db: Kysely<Tables>, id: DashboardId, by: Principal): Promise<Versioned<Dashboard>> {
  const row = await dashboards(db).where('dashboards.public_id', '=', id).executeTakeFirst()
  if (row === undefined) throw unknownDashboard(id)
  checkMayRead(row, by)
  const widgets = await readWidgets(db, [row.id])
  return { value: dashboardOf(row, widgets.get(row.id) ?? []), updatedOn: row.updated_on }
}

export function createDashboard(
  changes: Changes,
  input: CreateDashboard,
  by: Principal,
): Promise<Versioned<Dashboard>> {
  const facts = { name: input.name, is_global: input.is_global ?? false }
  return changes.make(by, async ({ trx, record }) => {
    const row = await trx
      .insertInto('dashboards')
      .values({ public_id: newId('dsh'), ...facts, user_id: by.key })
      .returningAll()
      .executeTakeFirstOrThrow()
    await record({ entity: 'dashboard', verb: 'created', id: row.public_id, after: facts })
    return { value: dashboardOf({ ...row, user_public_id: by.id }, []), updatedOn: row.updated_on }
  })
}

/**
 * Changes what the input names.
 * @returns the version that is in force then
 * @throws AppError `dashboard.unknown`, `auth.forbidden`, `request.precondition`
 */
export function updateDashboard(
  changes: Changes,
  id: DashboardId,
  input: UpdateDashboard,
  edit: Edit,
): Promise<Micros> {
  return changes.make(edit.by, async ({ trx, record }) => {
    const row = await lockDashboard(trx, id, edit)
    const before = factsOf(row)
    const after = { name: input.name ?? before.name, is_global: input.is_global ?? before.is_global }
    if (isDeepStrictEqual(before, after)) return row.updated_on
    const { updated_on } = await trx
      .updateTable('dashboards')
      .set({ ...after, updated_on: nextVersion })
      .where('id', '=', row.id)
      .returning('updated_on')
      .executeTakeFirstOrThrow()
    await record({ entity: 'dashboard', verb: 'updated', id, before, after })
    return updated_on
  })
}

/** Its widgets go with it. @throws AppError `dashboard.unknown`, `auth.forbidden`, `request.precondition` */
export async function deleteDashboard(changes: Changes, id: DashboardId, edit: Edit): Promise<void> {
  await changes.make(edit.by, async ({ trx, record }) => {
    const row = await lockDashboard(trx, id, edit)
    await trx.deleteFrom('dashboards').where('id', '=', row.id).execute()
    await record({ entity: 'dashboard', verb: 'deleted', id, before: factsOf(row) })
  })
}

/**
 * The dashboard, which nobody else changes until the transaction ends.
 * @throws AppError `dashboard.unknown`, `auth.forbidden`, `request.precondition`
 */
export async function lockDashboard(
  trx: Transaction<Tables>,
  id: DashboardId,
  { by, expected }: Edit,
): Promise<Row<'dashboards'>> {
  const row = await trx.selectFrom('dashboards').selectAll().where('public_id', '=', id).forUpdate().executeTakeFirst()
  if (row === undefined) throw unknownDashboard(id)
  checkMayChange(row, by)
  checkVersion(expected, row.updated_on)
  return row
}

const dashboards = (db: Kysely<Tables>) =>
  db
    .selectFrom('dashboards')
    .innerJoin('users', 'users.id', 'dashboards.user_id')
    .selectAll('dashboards')
    .select('users.public_id as user_public_id')

const visibleTo = (by: Principal) => (eb: ExpressionBuilder<Tables, 'dashboards'>) =>
  eb.or([eb('dashboards.user_id', '=', by.key), eb('dashboards.is_global', '=', true)])

type DashboardRow = Row<'dashboards'> & Pick<Dashboard, 'user_public_id'>

const dashboardOf = (row: DashboardRow, widgets: Widget[]): Dashboard => ({
  public_id: row.public_id,
  name: row.name,
  is_global: row.is_global,
  created_on: formatTime(row.created_on),
  user_public_id: row.user_public_id,
  widgets,
})

const factsOf = ({ name, is_global }: Row<'dashboards'>) => ({ name, is_global })
