import type { EventId, Widget, WidgetType } from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'

/** A widget's row with the event that it shows. */
export type WidgetRow = Row<'dashboard_widgets'> & { readonly event_public_id: EventId | null }

/** Widgets of dashboards in the order of their making, in one statement: key of the dashboard → widgets. */
export async function readWidgets(db: Kysely<Tables>, dashboards: readonly number[]): Promise<Map<number, Widget[]>> {
  if (dashboards.length === 0) return new Map()
  const rows = await widgetRows(db).where('dashboard_id', 'in', dashboards).orderBy('dashboard_widgets.id').execute()
  const byDashboard = Map.groupBy(rows, ({ dashboard_id }) => dashboard_id)
  return new Map([...byDashboard].map(([dashboard, widgets]) => [dashboard, widgets.map(widgetOf)]))
}

export const widgetRows = (db: Kysely<Tables>) =>
  db
    .selectFrom('dashboard_widgets')
    .leftJoin('events', 'events.id', 'dashboard_widgets.event_id')
    .selectAll('dashboard_widgets')
    .select('events.public_id as event_public_id')

export const widgetOf = (row: WidgetRow): Widget => ({
  public_id: row.public_id,
  widget_type: row.widget_type as WidgetType, // only what the schema allows is written
  title: row.title,
  event_public_id: row.event_public_id,
  x: row.x,
  y: row.y,
  w: row.w,
  h: row.h,
  config_json: row.config_json,
})
