import { ClientError, type ClientErrorCode } from '@webmacs/client'
import type { Problem, Success } from '@webmacs/contracts'

interface UploadOptions {
  readonly token: string | undefined
  /** How much has left the browser, 0 to 1. */
  readonly onProgress: (sent: number) => void
  readonly onUnauthorized: () => void
  readonly signal: AbortSignal
}

const UPLOAD_PATH = '/api/v1/plugins/packages/upload'

/** Uploads a package, and resolves with what the server says of it. By XMLHttpRequest, because fetch does not say how far an upload is. @throws ClientError with the server's reason */
export function uploadPackage(file: File, options: UploadOptions): Promise<string> {
  const body = new FormData()
  body.append('file', file)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', UPLOAD_PATH)
    request.setRequestHeader('accept', 'application/json')
    if (options.token !== undefined) request.setRequestHeader('authorization', `Bearer ${options.token}`)
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      options.onProgress(total > 0 ? loaded / total : 0),
    )
    request.addEventListener('load', () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(messageOf(request.responseText))
        return
      }
      if (request.status === 401) options.onUnauthorized()
      reject(refusal(request))
    })
    request.addEventListener('error', () => reject(unreachable()))
    request.addEventListener('abort', () => reject(options.signal.reason))
    options.signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(body)
  })
}

const unreachable = (): ClientError =>
  new ClientError({ status: 0, code: 'network', detail: 'The server cannot be reached, or ended the upload.' })

function refusal({ status, statusText, responseText }: XMLHttpRequest): ClientError {
  const problem = answerOf<Problem>(responseText)
  return new ClientError({
    status,
    code: (problem.code ?? 'unknown') as ClientErrorCode, // a server newer than this page may know more
    detail: problem.detail ?? `The server answered ${status} ${statusText}`.trim(),
    ...(problem.traceId === undefined ? {} : { traceId: problem.traceId }),
  })
}

const messageOf = (text: string): string => answerOf<Success>(text).message ?? ''

function answerOf<Answer extends object>(text: string): Partial<Answer> {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? answer : {}
  } catch {
    return {} // a proxy's page is no problem document
  }
}
