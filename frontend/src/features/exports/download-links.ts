/**
 * Where files are downloaded, by the id of their export. A link is told only when the export is made, and whoever has it may download: it is kept
 * in this browser, like the login, until it has expired.
 */
const KEY = 'exports:links'

interface Link {
  readonly url: string
  /** Milliseconds since 1970. */
  readonly expires: number
}

type Links = Readonly<Record<string, Link>>

export function keepLink(storage: Storage, id: string, link: Link, nowMs: number = Date.now()): void {
  const left = Object.entries(readLinks(storage)).filter(([, { expires }]) => expires > nowMs)
  storage.setItem(KEY, JSON.stringify({ ...Object.fromEntries(left), [id]: link }))
}

export const linkOf = (storage: Storage, id: string): string | undefined => readLinks(storage)[id]?.url

export const forgetLinks = (storage: Storage): void => storage.removeItem(KEY)

function readLinks(storage: Storage): Links {
  try {
    const links: unknown = JSON.parse(storage.getItem(KEY) ?? '{}')
    return typeof links === 'object' && links !== null ? (links as Links) : {} // nobody else writes it
  } catch {
    return {} // somebody edited it by hand
  }
}

/** Lets the browser download, as a click on a link does: at once, into a file, whatever its size. */
export function startDownload(page: Document, url: string): void {
  const link = page.createElement('a')
  link.href = url
  link.download = ''
  page.body.append(link)
  link.click()
  link.remove()
}
