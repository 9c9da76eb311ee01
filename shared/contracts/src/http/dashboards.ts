import { type Static, Type } from 'typebox'
import { DashboardId, EventId, UserId, WidgetId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { NOT_BLANK, pageOf } from './common.ts'

export const WIDGET_TYPES = ['line_chart', 'gauge', 'stat_card', 'actuator_toggle'] as const
export type WidgetType = (typeof WIDGET_TYPES)[number]
export const WidgetType = Type.Unsafe<WidgetType>(
  Type.Enum([...WIDGET_TYPES], { description: 'How the widget shows its event' }),
)

/** Columns of the grid that widgets stand on. */
export const GRID_COLUMNS = 12
/** Most widgets of one dashboard. */
export const MAX_WIDGETS = 200

const FAR = 10_000
const place = (description: string, initial: number) =>
  Type.Integer({ minimum: -FAR, maximum: FAR, default: initial, description })
const extent = (description: string, initial: number) =>
  Type.Integer({ minimum: 1, maximum: GRID_COLUMNS, default: initial, description })

const widgetFields = {
  title: Type.String({ maxLength: 255, pattern: NOT_BLANK, description: 'Heading', examples: ['Reactor temperature'] }),
  event_public_id: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], {
    description: 'Public id of the event that it shows; null: none',
    examples: ['evt_7k2m9q4tx3ab'],
  }),
  x: place('Column of its left edge, from 0', 0),
  y: place('Row of its upper edge, from 0', 0),
  w: extent('Width, columns of the grid', 4),
  h: extent('Height, rows of the grid', 3),
  config_json: Type.Union([Type.String({ maxLength: 65_536 }), Type.Null()], {
    description: 'Further options as the client wrote them; kept, not read',
    examples: ['{"showLegend":true}'],
  }),
}

export const Widget = Type.Object({
  public_id: WidgetId,
  widget_type: WidgetType,
  ...widgetFields,
  event_public_id: Type.Union([EventId, Type.Null()], {
    description: 'Public id of the event that it shows; null: none',
    examples: ['evt_7k2m9q4tx3ab'],
  }),
})
export type Widget = Static<typeof Widget>

export const CreateWidget = Type.Object({
  widget_type: WidgetType,
  ...Type.Partial(Type.Object(widgetFields)).properties,
  title: widgetFields.title,
})
export type CreateWidget = Static<typeof CreateWidget>

const { x, y, w, h, ...others } = widgetFields
const unchanged = (schema: typeof x) => {
  const { default: _initial, ...rest } = schema as typeof x & { default?: number }
  return Type.Unsafe<number>({ ...rest, examples: [1] })
}
/** What is left out stays as it is. */
export const UpdateWidget = Type.Partial(
  Type.Object({ ...others, x: unchanged(x), y: unchanged(y), w: unchanged(w), h: unchanged(h) }),
)
export type UpdateWidget = Static<typeof UpdateWidget>

const dashboardName = Type.String({
  maxLength: 255,
  pattern: NOT_BLANK,
  description: 'Name; several may share one',
  examples: ['Reactor 1'],
})

export const Dashboard = Type.Object({
  public_id: DashboardId,
  name: dashboardName,
  is_global: Type.Boolean({ description: 'Whether everybody sees it' }),
  created_on: Timestamp,
  user_public_id: UserId,
  widgets: Type.Array(Widget, { description: 'In the order of their making' }),
})
export type Dashboard = Static<typeof Dashboard>
export const DashboardPage = pageOf(Dashboard)

export const CreateDashboard = Type.Object({
  name: dashboardName,
  is_global: Type.Optional(Type.Boolean({ default: false, description: 'Whether everybody sees it' })),
})
export type CreateDashboard = Static<typeof CreateDashboard>
export const UpdateDashboard = Type.Object({
  name: Type.Optional(dashboardName),
  is_global: Type.Optional(Type.Boolean({ description: 'Whether everybody sees it' })),
})
export type UpdateDashboard = Static<typeof UpdateDashboard>
