import type {
  CreateDashboard,
  CreateWidget,
  Dashboard,
  Success,
  UpdateDashboard,
  UpdateWidget,
  Widget,
} from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import {
  type ChangeOptions,
  create,
  type Deletable,
  deletable,
  pathTo,
  publicIdOf,
  type Readable,
  readable,
  type Updatable,
  updatable,
} from './things.ts'

export interface WidgetsClient {
  create(dashboardId: string, widget: CreateWidget, options?: RequestOptions): Promise<Widget>
  /** What is left out stays as it is. */
  update(dashboardId: string, widgetId: string, body: UpdateWidget, options?: ChangeOptions): Promise<Success>
  delete(dashboardId: string, widgetId: string, options?: ChangeOptions): Promise<Success>
}

/** Those of the user and those that everybody sees, with their widgets. */
export interface DashboardsClient
  extends Listed<Dashboard>,
    Readable<Dashboard>,
    Updatable<UpdateDashboard>,
    Deletable {
  create(dashboard: CreateDashboard, options?: RequestOptions): Promise<Dashboard>
  readonly widgets: WidgetsClient
}

export const dashboardsClient = (http: Http): DashboardsClient => ({
  ...listOf<Dashboard>(http, '/dashboards', publicIdOf),
  ...readable<Dashboard>(http, '/dashboards'),
  ...updatable<UpdateDashboard>(http, '/dashboards'),
  ...deletable(http, '/dashboards'),
  create: (dashboard, options) => create(http, '/dashboards', dashboard, options),
  widgets: {
    create: (dashboardId, widget, options) => create(http, widgetsOf(dashboardId), widget, options),
    update: (dashboardId, id, body, options) =>
      http.send(pathTo(widgetsOf(dashboardId), id), { method: 'PUT', body, ...options }),
    delete: (dashboardId, id, options) =>
      http.send(pathTo(widgetsOf(dashboardId), id), { method: 'DELETE', ...options }),
  },
})

const widgetsOf = (dashboardId: string): string => `${pathTo('/dashboards', dashboardId)}/widgets`
