import type { Success } from '@webmacs/contracts'
import type { Http, RequestOptions, Versioned } from '../http.ts'

/** Answer to the making of something. */
export interface Created<Id extends string = string> extends Success {
  public_id: Id
}

export interface ChangeOptions extends RequestOptions {
  /** Change only this version; when another one is in force the change fails with `request.precondition`. */
  readonly ifVersion?: string | undefined
}

/** Things that are read one by one. */
export interface Readable<Item> {
  get(id: string, options?: RequestOptions): Promise<Item>
  /** With its version, for a change that must not overwrite somebody else's. */
  getVersioned(id: string, options?: RequestOptions): Promise<Versioned<Item>>
}

export interface Updatable<Update> {
  /** What is left out stays as it is. */
  update(id: string, body: Update, options?: ChangeOptions): Promise<Success>
}

export interface Deletable {
  delete(id: string, options?: ChangeOptions): Promise<Success>
}

/** Path below `base`, safe for whatever an id may be. */
export const pathTo = (base: string, ...parts: readonly string[]): string =>
  [base, ...parts.map((part) => encodeURIComponent(part))].join('/')

export const readable = <Item>(http: Http, base: string): Readable<Item> => ({
  get: (id, options) => http.send(pathTo(base, id), { ...options }),
  getVersioned: (id, options) => http.sendVersioned(pathTo(base, id), { ...options }),
})

export const updatable = <Update>(http: Http, base: string): Updatable<Update> => ({
  update: (id, body, options) => http.send(pathTo(base, id), { method: 'PUT', body, ...options }),
})

export const deletable = (http: Http, base: string): Deletable => ({
  delete: (id, options) => http.send(pathTo(base, id), { method: 'DELETE', ...options }),
})

export const create = <Answer>(http: Http, path: string, body: unknown, options?: RequestOptions): Promise<Answer> =>
  http.send(path, { method: 'POST', body, ...options })

export const publicIdOf = ({ public_id }: { readonly public_id: string }): string => public_id
