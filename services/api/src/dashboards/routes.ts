import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  CreateDashboard,
  Dashboard,
  type DashboardId,
  DashboardPage,
  Page,
  Success,
  success,
  UpdateDashboard,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { editOf, IfMatch, tagAnswer } from '@webmacs/http-kit/versions'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Changes } from '../changes/changes.ts'
import { createDashboard, deleteDashboard, listDashboards, readDashboard, updateDashboard } from './dashboard-store.ts'

export interface DashboardRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
}

const tags = ['Dashboards']
const ById = Type.Object({ id: anyId<DashboardId>('dashboard', 'dsh') })

export const dashboardRoutes =
  ({ db, changes }: DashboardRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/dashboards',
      {
        schema: {
          summary: 'List dashboards with their widgets, the newest first',
          description: "One's own and global ones; admins see no more than that.",
          tags,
          querystring: Page,
          response: { 200: DashboardPage },
        },
      },
      async (request) => {
        const { total, dashboards } = await listDashboards(db, request.query, principalOf(request))
        return pageAnswer(request.query, total, dashboards)
      },
    )

    app.post(
      '/dashboards',
      { schema: { summary: 'Create a dashboard', tags, body: CreateDashboard, response: { 201: Dashboard } } },
      async (request, reply) => {
        const { value, updatedOn } = await createDashboard(changes, request.body, principalOf(request))
        tagAnswer(reply, updatedOn)
        return reply.code(201).send(value)
      },
    )

    app.get(
      '/dashboards/:id',
      {
        config: { errors: ['dashboard.unknown', 'auth.forbidden'] },
        schema: {
          summary: 'Read a dashboard with its widgets',
          description: "One's own or a global one. Its ETag covers its widgets.",
          tags,
          params: ById,
          response: { 200: Dashboard },
        },
      },
      async (request, reply) => {
        const { value, updatedOn } = await readDashboard(db, request.params.id, principalOf(request))
        tagAnswer(reply, updatedOn)
        return value
      },
    )

    app.put(
      '/dashboards/:id',
      {
        config: { errors: ['dashboard.unknown', 'request.precondition'] },
        schema: {
          summary: 'Change a dashboard',
          description: 'Fields that are left out stay as they are.',
          tags,
          headers: IfMatch,
          params: ById,
          body: UpdateDashboard,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        tagAnswer(reply, await updateDashboard(changes, id, request.body, editOf(request)))
        return success('Dashboard successfully updated.', id)
      },
    )

    app.delete(
      '/dashboards/:id',
      {
        config: { errors: ['dashboard.unknown', 'request.precondition'] },
        schema: {
          summary: 'Delete a dashboard with its widgets',
          tags,
          headers: IfMatch,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        await deleteDashboard(changes, id, editOf(request))
        return success('Dashboard successfully deleted.', id)
      },
    )
  }
