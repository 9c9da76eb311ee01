import { isDeepStrictEqual } from 'node:util'
import {
  AppError,
  type CreateWidget,
  type DashboardId,
  MAX_WIDGETS,
  type Micros,
  newId,
  type UpdateWidget,
  type Widget,
  type WidgetId,
} from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import { type Edit, nextVersion, type Versioned } from '@webmacs/http-kit/versions'
import type { Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { type HeldEvent, holdEvent } from '../events/hold-event.ts'
import { lockDashboard } from './dashboard-store.ts'
import { type WidgetRow, widgetOf, widgetRows } from './widget-rows.ts'

/*
 * A widget is part of its dashboard: to change it is to change the dashboard, whose lock, version and rights are the widget's too.
 */

/**
 * @returns the widget, and the version of its dashboard
 * @throws AppError `dashboard.unknown`, `auth.forbidden`, `request.precondition`, `event.unknown`, `request.invalid`
 */
export function addWidget(
  changes: Changes,
  id: DashboardId,
  input: CreateWidget,
  edit: Edit,
): Promise<Versioned<Widget>> {
  return changes.make(edit.by, async ({ trx, record }) => {
    const dashboard = await lockDashboard(trx, id, edit)
    await checkRoom(trx, dashboard)
    const event = await eventOf(trx, input.event_public_id ?? null)
    const { widget_type, title, x = 0, y = 0, w = 4, h = 3, config_json = null } = input
    const row = await trx
      .insertInto('dashboard_widgets')
      .values({
        ...{ public_id: newId('wdg'), dashboard_id: dashboard.id, event_id: event?.key ?? null },
        ...{ widget_type, title, x, y, w, h, config_json },
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    const widget = widgetOf({ ...row, event_public_id: event?.id ?? null })
    await record({ entity: 'dashboard', verb: 'updated', id, after: { widget } })
    return { value: widget, updatedOn: await raiseVersion(trx, dashboard) }
  })
}

/**
 * Changes what the input names.
 * @returns the version of the dashboard that is in force then
 * @throws AppError `dashboard.unknown`, `auth.forbidden`, `request.precondition`, `widget.unknown`, `event.unknown`
 */
export function updateWidget(
  changes: Changes,
  id: DashboardId,
  change: { readonly widget: WidgetId; readonly input: UpdateWidget },
  edit: Edit,
): Promise<Micros> {
  return changes.make(edit.by, async ({ trx, record }) => {
    const dashboard = await lockDashboard(trx, id, edit)
    const row = await findWidget(trx, dashboard, change.widget)
    const before = widgetOf(row)
    const { event_public_id: asked, ...input } = change.input
    const event = asked === undefined ? undefined : await eventOf(trx, asked)
    const after = changed(before, input, event)
    if (isDeepStrictEqual(before, after)) return dashboard.updated_on
    const { title, x, y, w, h, config_json } = after
    await trx
      .updateTable('dashboard_widgets')
      .set({ title, x, y, w, h, config_json })
      // Written only where it was asked for: the event of the row that was read may be retired meanwhile.
      .$if(event !== undefined, (update) => update.set({ event_id: event?.key ?? null }))
      .where('id', '=', row.id)
      .execute()
    await record({ entity: 'dashboard', verb: 'updated', id, before: { widget: before }, after: { widget: after } })
    return raiseVersion(trx, dashboard)
  })
}

/**
 * @returns the version of the dashboard that is in force then
 * @throws AppError `dashboard.unknown`, `auth.forbidden`, `request.precondition`, `widget.unknown`
 */
export function removeWidget(changes: Changes, id: DashboardId, widget: WidgetId, edit: Edit): Promise<Micros> {
  return changes.make(edit.by, async ({ trx, record }) => {
    const dashboard = await lockDashboard(trx, id, edit)
    const row = await findWidget(trx, dashboard, widget)
    await trx.deleteFrom('dashboard_widgets').where('id', '=', row.id).execute()
    await record({ entity: 'dashboard', verb: 'updated', id, before: { widget: widgetOf(row) } })
    return raiseVersion(trx, dashboard)
  })
}

async function checkRoom(trx: Transaction<Tables>, dashboard: Row<'dashboards'>): Promise<void> {
  const { count } = await trx
    .selectFrom('dashboard_widgets')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('dashboard_id', '=', dashboard.id)
    .executeTakeFirstOrThrow()
  if (count >= MAX_WIDGETS) throw invalidField('body', `is one widget too many: a dashboard has ${MAX_WIDGETS} at most`)
}

/** @throws AppError `widget.unknown` */
async function findWidget(trx: Transaction<Tables>, dashboard: Row<'dashboards'>, id: WidgetId): Promise<WidgetRow> {
  const row = await widgetRows(trx).where('dashboard_widgets.public_id', '=', id).executeTakeFirst()
  if (row === undefined) throw new AppError('widget.unknown', { detail: `DashboardWidget '${id}' not found.` })
  if (row.dashboard_id !== dashboard.id) {
    throw new AppError('widget.unknown', { detail: 'Widget not on this dashboard.' })
  }
  return row
}

const eventOf = async (trx: Transaction<Tables>, id: string | null): Promise<HeldEvent | null> =>
  id === null ? null : holdEvent(trx, id)

/** @param event undefined: stays */
function changed(
  before: Widget,
  input: Omit<UpdateWidget, 'event_public_id'>,
  event: HeldEvent | null | undefined,
): Widget {
  const { title, x, y, w, h, config_json } = input
  return {
    ...before,
    title: title ?? before.title,
    x: x ?? before.x,
    y: y ?? before.y,
    w: w ?? before.w,
    h: h ?? before.h,
    config_json: config_json === undefined ? before.config_json : config_json,
    event_public_id: event === undefined ? before.event_public_id : (event?.id ?? null),
  }
}

async function raiseVersion(trx: Transaction<Tables>, { id }: Row<'dashboards'>): Promise<Micros> {
  const { updated_on } = await trx
    .updateTable('dashboards')
    .set({ updated_on: nextVersion })
    .where('id', '=', id)
    .returning('updated_on')
    .executeTakeFirstOrThrow()
  return updated_on
}
