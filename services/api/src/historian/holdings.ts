import { type EventHoldings, formatTime, type Holdings, type Micros, type Page } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { type Kysely, sql } from 'kysely'
import { forecast } from './holdings-forecast.ts'
import { readRetention } from './retention.ts'

/** What maintenance measured last; all zero before it did so for the first time. */
export async function readHoldings(db: Kysely<Tables>): Promise<Holdings> {
  const [measured, retention] = await Promise.all([
    db
      .selectFrom('historian_statistics')
      .selectAll()
      .select((eb) =>
        eb
          .selectFrom('event_statistics')
          .select(sql<number>`coalesce(sum(last_day * 86400.0 / ${measuredSeconds}), 0)::float8`.as('last_day'))
          .as('last_day'),
      )
      .executeTakeFirst(),
    readRetention(db),
  ])
  if (measured === undefined) return NOTHING_MEASURED
  const { datapoints, datapoint_bytes, rollup_bytes, disk_total_bytes, disk_free_bytes, measured_on } = measured
  const { bytesPerDatapoint, bytesPerDay, fullOn } = forecast(
    {
      datapoints,
      datapointBytes: datapoint_bytes,
      rollupBytes: rollup_bytes,
      diskFreeBytes: disk_free_bytes,
      measuredOn: measured_on,
      lastDay: measured.last_day ?? 0,
    },
    retention,
  )
  return {
    ...{ datapoints, datapoint_bytes, rollup_bytes, disk_total_bytes, disk_free_bytes },
    bytes_per_datapoint: bytesPerDatapoint,
    bytes_per_day: bytesPerDay,
    full_on: optionalTime(fullOn),
    measured_on: formatTime(measured_on),
  }
}

/** How much of the day before the measurement an event was measured in, seconds: a device that is new has a rate from its first minute on. */
const measuredSeconds = sql<number>`least(86400, greatest(60, extract(epoch FROM measured_on - first_at)))`

const NOTHING_MEASURED: Holdings = {
  ...{ datapoints: 0, datapoint_bytes: 0, rollup_bytes: 0, bytes_per_datapoint: null, bytes_per_day: 0 },
  ...{ disk_total_bytes: null, disk_free_bytes: null, full_on: null, measured_on: null },
}

/** Events of which something was measured, the largest first. Their bytes are their share of all. */
export async function listEventHoldings(
  db: Kysely<Tables>,
  page: Page,
): Promise<{ total: number; events: EventHoldings[] }> {
  const [rows, counted] = await Promise.all([
    db
      .selectFrom('event_statistics')
      .innerJoin('events', 'events.id', 'event_statistics.event_id')
      .leftJoin('historian_statistics', (join) => join.onTrue())
      .select(['events.public_id', 'events.name', 'events.retired_on'])
      .select(['event_statistics.datapoints', 'first_at', 'last_at'])
      .select(sql<number>`coalesce(last_day / ${measuredSeconds}, 0)::float8`.as('per_second'))
      .select(
        sql<number>`coalesce(round(event_statistics.datapoints * (datapoint_bytes + rollup_bytes)::numeric
          / nullif(historian_statistics.datapoints, 0)), 0)::int8`.as('bytes'),
      )
      .orderBy('event_statistics.datapoints', 'desc')
      .orderBy('event_id')
      .limit(limitOf(page))
      .offset(offsetOf(page))
      .execute(),
    db
      .selectFrom('event_statistics')
      .innerJoin('events', 'events.id', 'event_statistics.event_id')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ])
  return {
    total: counted.total,
    events: rows.map(({ public_id, name, retired_on, datapoints, bytes, per_second, first_at, last_at }) => ({
      event_public_id: public_id,
      event_name: name,
      retired: retired_on !== null,
      ...{ datapoints, bytes },
      first_on: optionalTime(first_at),
      last_on: optionalTime(last_at),
      per_second,
    })),
  }
}

const optionalTime = (time: Micros | null): string | null => (time === null ? null : formatTime(time))
