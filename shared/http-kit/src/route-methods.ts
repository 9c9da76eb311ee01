interface KnownRoute {
  readonly segments: readonly string[]
  readonly methods: Set<string>
}

/** Which methods each path answers, so that a wrong method can be told from an unknown path. */
export class RouteMethods {
  readonly #routes: KnownRoute[] = []

  /** @param url the route's path as it was registered, with parameters as `:name` */
  add(url: string, methods: string | readonly string[]): void {
    this.#routes.push({ segments: segmentsOf(url), methods: new Set([methods].flat()) })
  }

  /** @param path of a request, without its query; empty when no route has it */
  allowed(path: string): string[] {
    const segments = segmentsOf(path)
    const found = this.#routes.filter((route) => matches(route.segments, segments))
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort()
  }
}

/** `/events/` is `/events`: both forms of every path are served. */
const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/')

const matches = (route: readonly string[], path: readonly string[]): boolean =>
  route.length === path.length &&
  route.every((segment, position) => segment === path[position] || (segment.startsWith(':') && path[position] !== ''))
