import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Prometheus metrics of one service: every name starts with `webmacs_`, every metric carries the label `service`. */
export interface Metrics {
  readonly registry: Registry
  counter<Label extends string>(name: string, help: string, labels?: readonly Label[]): Counter<Label>
  /** @param read called at each scrape, where the value is better asked than kept */
  gauge<Label extends string>(
    name: string,
    help: string,
    labels?: readonly Label[],
    read?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label>
  /** @param buckets upper bounds, ascending, in the unit that the name ends with */
  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>
}

export function createMetrics(service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const common = <Label extends string>(name: string, help: string, labels: readonly Label[] = []) => ({
    name: `webmacs_${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
  })
  return {
    registry,
    counter: (name, help, labels) => new Counter(common(name, help, labels)),
    gauge: (name, help, labels, read) => {
      const settings = common(name, help, labels)
      if (read === undefined) return new Gauge(settings)
      return new Gauge({
        ...settings,
        collect() {
          read(this)
        },
      })
    },
    histogram: (name, help, buckets, labels) => new Histogram({ ...common(name, help, labels), buckets: [...buckets] }),
  }
}
