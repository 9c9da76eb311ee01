import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  CreateWidget,
  type DashboardId,
  MAX_WIDGETS,
  Success,
  success,
  UpdateWidget,
  Widget,
  type WidgetId,
} from '@webmacs/contracts'
import { anyId } from '@webmacs/http-kit/ids'
import { editOf, IfMatch, tagAnswer } from '@webmacs/http-kit/versions'
import { Type } from 'typebox'
import type { Changes } from '../changes/changes.ts'
import { addWidget, removeWidget, updateWidget } from './widget-store.ts'

const tags = ['Dashboards']
const ById = Type.Object({ id: anyId<DashboardId>('dashboard', 'dsh') })
const ByWidget = Type.Object({ ...ById.properties, widget: anyId<WidgetId>('widget', 'wdg') })
const VERSION = "If-Match and ETag are about the dashboard's version, which each change of a widget raises."

export const widgetRoutes =
  ({ changes }: { readonly changes: Changes }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/dashboards/:id/widgets',
      {
        config: { errors: ['dashboard.unknown', 'event.unknown', 'request.precondition'] },
        schema: {
          summary: 'Add a widget to a dashboard',
          description: `A dashboard has ${MAX_WIDGETS} widgets at most. ${VERSION}`,
          tags,
          headers: IfMatch,
          params: ById,
          body: CreateWidget,
          response: { 201: Widget },
        },
      },
      async (request, reply) => {
        const { value, updatedOn } = await addWidget(changes, request.params.id, request.body, editOf(request))
        tagAnswer(reply, updatedOn)
        return reply.code(201).send(value)
      },
    )

    app.put(
      '/dashboards/:id/widgets/:widget',
      {
        config: { errors: ['dashboard.unknown', 'widget.unknown', 'event.unknown', 'request.precondition'] },
        schema: {
          summary: 'Change a widget',
          description: `Fields that are left out stay as they are; a widget keeps its type. ${VERSION}`,
          tags,
          headers: IfMatch,
          params: ByWidget,
          body: UpdateWidget,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id, widget } = request.params
        tagAnswer(reply, await updateWidget(changes, id, { widget, input: request.body }, editOf(request)))
        return success('Widget successfully updated.', widget)
      },
    )

    app.delete(
      '/dashboards/:id/widgets/:widget',
      {
        config: { errors: ['dashboard.unknown', 'widget.unknown', 'request.precondition'] },
        schema: {
          summary: 'Delete a widget',
          description: VERSION,
          tags,
          headers: IfMatch,
          params: ByWidget,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id, widget } = request.params
        tagAnswer(reply, await removeWidget(changes, id, widget, editOf(request)))
        return success('Widget successfully deleted.', widget)
      },
    )
  }
