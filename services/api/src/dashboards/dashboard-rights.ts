import type { Principal } from '@webmacs/auth/fastify'
import { AppError, mayActAs } from '@webmacs/contracts'
import type { Row } from '@webmacs/database'

type Owned = Pick<Row<'dashboards'>, 'public_id' | 'user_id' | 'is_global'>

/**
 * One's own and global ones may be read. Admins may change others' private ones, so they may know of them; nobody else may.
 * @throws AppError `dashboard.unknown`, `auth.forbidden`
 */
export function checkMayRead(dashboard: Owned, by: Principal): void {
  if (isOwn(dashboard, by) || dashboard.is_global) return
  throw isAdmin(by) ? notAllowed() : unknownDashboard(dashboard.public_id)
}

/** @throws AppError `dashboard.unknown`, `auth.forbidden` */
export function checkMayChange(dashboard: Owned, by: Principal): void {
  if (isOwn(dashboard, by) || isAdmin(by)) return
  throw dashboard.is_global ? notAllowed() : unknownDashboard(dashboard.public_id)
}

export const unknownDashboard = (id: string): AppError =>
  new AppError('dashboard.unknown', { detail: `Dashboard '${id}' not found.` })

const isOwn = (dashboard: Owned, by: Principal): boolean => dashboard.user_id === by.key
const isAdmin = (by: Principal): boolean => mayActAs(by.role, 'admin')
const notAllowed = (): AppError => new AppError('auth.forbidden', { detail: 'Not allowed.' })
