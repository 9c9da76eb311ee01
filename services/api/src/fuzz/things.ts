import type { DescribedRoute } from './described-routes.ts'
import { jsonBody } from './hostile-bodies.ts'
import type { Wire } from './wire.ts'

/** Fields whose value no two things may share. */
const UNIQUE_FIELD = /^(name|username|email|instance_name|channel_id)$/
const ID = /^([a-z]{2,4})_[0-9a-z]{12}$/
const PARAMETER = /^\{\w+\}$/

/**
 * What there is to ask for: things are made through the routes themselves, and remembered by the address of their collection
 * (`/api/v1/dashboards/dsh_…/widgets`), so that a path can be filled with ids that belong together.
 */
export class Things {
  readonly #ids = new Map<string, string[]>()
  readonly #makers: ReadonlyMap<string, DescribedRoute>
  readonly #lists: ReadonlySet<string>
  readonly #send: (method: string, path: string, body?: string) => Promise<unknown>
  readonly #preferred: string[] = []
  #count = 0

  constructor(routes: readonly DescribedRoute[], wire: Wire, token: string) {
    this.#makers = new Map(routes.filter(({ method }) => method === 'POST').map((route) => [route.path, route]))
    this.#lists = new Set(routes.filter(({ method }) => method === 'GET').map(({ path }) => path))
    this.#send = async (method, target, body) => {
      const headers = { authorization: `Bearer ${token}` }
      const { status, text } = await wire.send({
        ...{ method, target, headers },
        ...(body !== undefined && { body: jsonBody(body) }),
      })
      return status < 300 ? JSON.parse(text) : undefined
    }
  }

  /** Bodies name these things, in turn with others of their kind; nothing is done to them. */
  prefer(id: string): void {
    this.#preferred.push(id)
  }

  /** The path with ids of existing things in the place of its parameters; `none` where there is nothing. */
  async fill(path: string): Promise<string> {
    let [filled, template] = ['', '']
    for (const segment of path.split('/').slice(1)) {
      filled += `/${PARAMETER.test(segment) ? ((await this.#idIn(filled, template)) ?? 'none') : segment}`
      template += `/${segment}`
    }
    return filled
  }

  /** A body like the example, of which every one can be made: names are new, ids those of existing things. */
  freshBody(example: unknown): unknown {
    this.#count++
    return this.#fresh(example)
  }

  /** An id of something, whatever it is. */
  anyId(turn: number): string {
    const all = [...this.#ids.values()].flat()
    return all[turn % all.length] ?? 'none'
  }

  /** Takes note of what a request made or removed. */
  note(method: string, path: string, answer: unknown): void {
    const id: unknown = Object(answer).public_id
    if (method === 'POST' && typeof id === 'string') this.#ids.set(path, [...(this.#ids.get(path) ?? []), id])
    if (method === 'DELETE') this.forget(path)
  }

  forget(path: string): void {
    const end = path.lastIndexOf('/')
    const [collection, id] = [path.slice(0, end), path.slice(end + 1)]
    this.#ids.set(
      collection,
      (this.#ids.get(collection) ?? []).filter((known) => known !== id),
    )
  }

  async #idIn(collection: string, template: string): Promise<string | undefined> {
    const known = this.#ids.get(collection)?.at(-1)
    if (known !== undefined) return known
    const maker = this.#makers.get(template)
    if (maker?.example !== undefined) {
      this.note('POST', collection, await this.#send('POST', collection, JSON.stringify(this.freshBody(maker.example))))
      const made = this.#ids.get(collection)?.at(-1)
      if (made !== undefined) return made
    }
    const answer = this.#lists.has(template) ? await this.#send('GET', collection) : undefined
    const list: unknown = Array.isArray(answer) ? answer : Object(answer).data
    const first = Array.isArray(list) ? Object(list[0]) : {}
    return first.public_id ?? first.id
  }

  #fresh(example: unknown, field = ''): unknown {
    if (Array.isArray(example)) return example.map((item) => this.#fresh(item))
    if (typeof example === 'object' && example !== null) {
      return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, this.#fresh(value, name)]))
    }
    if (typeof example !== 'string') return example
    const prefix = ID.exec(example)?.[1]
    if (prefix !== undefined) return this.#idLike(prefix) ?? example
    return UNIQUE_FIELD.test(field) ? `${this.#count}.${example}` : example
  }

  /** In turn, the newest id of that kind, which is least likely to be used by others already, and one of those that are preferred. */
  #idLike(prefix: string): string | undefined {
    const all = [...this.#ids.values()].flat()
    const isLike = (id: string): boolean => id.startsWith(`${prefix}_`)
    const preferred = this.#preferred.filter(isLike)
    const turn = this.#count % 2 === 0 ? preferred[(this.#count / 2) % preferred.length] : undefined
    return turn ?? all.findLast(isLike)
  }
}
