import type { Answer, ApiSite } from './api-site.ts'

export interface UploadOptions {
  /** Name of the form's field. */
  readonly field?: string
  /** Of who uploads; an admin when left out. */
  readonly token?: string
}

/** Sends a file as a form, with a name that must not matter. */
export async function uploadPackage(
  { api, users }: ApiSite,
  file: Uint8Array,
  { field = 'file', token = users.admin.token }: UploadOptions = {},
): Promise<Answer> {
  const body = new FormData()
  body.append('comment', 'before the file')
  body.append(field, new Blob([new Uint8Array(file)]), '../../etc/passwd.whl')
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${api.url}/api/v1/plugins/packages/upload`, { method: 'POST', headers, body })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
