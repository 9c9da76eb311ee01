import type { AuditEntry, AuditQuery } from '@webmacs/contracts'
import type { Http } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'

/** Who changed what and when. For admins. */
export type AuditClient = Listed<AuditEntry, Partial<AuditQuery>>

export const auditClient = (http: Http): AuditClient =>
  listOf<AuditEntry, Partial<AuditQuery>>(http, '/audit', ({ id }) => id)
