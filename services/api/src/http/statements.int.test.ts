import { nowMicros } from '@webmacs/contracts'
import { ensurePartitions, partitionsBetween } from '@webmacs/database'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, startApiSite } from '../testing/api-site.ts'

/** Rows that each list has. */
const ROWS = 60

/** Every route that gives pages → SQL that makes rows `n` for it; the tables are filled in this order. */
const LISTS: Record<string, string> = {
  '/events': `
    INSERT INTO events (public_id, name, min_value, max_value, unit, type, user_id)
    SELECT 'evt_' || n, n, 0, 1, 'x', 'sensor', owner.id FROM n, owner`,
  '/experiments': `
    INSERT INTO experiments (public_id, name, started_on, stopped_on, user_id)
    SELECT 'exp_' || n, n, now() - n * interval '2 s', now() - n * interval '2 s' + interval '1 s', owner.id FROM n, owner`,
  '/logging': `INSERT INTO log_entries (public_id, content, user_id) SELECT 'log_' || n, n, owner.id FROM n, owner`,
  '/audit': `INSERT INTO audit_log (user_id, entity, entity_id, action) SELECT owner.id, 'event', n, 'made' FROM n, owner`,
  '/plugins': `
    , made AS (INSERT INTO controllers (name) VALUES ('lab') RETURNING id),
    instances AS (
      INSERT INTO plugin_instances (public_id, controller_id, plugin_id, instance_name, demo_mode, enabled, config, user_id)
      SELECT 'plg_' || n, made.id, 'simulated', n, true, true, '{}', owner.id FROM n, made, owner
      RETURNING id, instance_name
    )
    INSERT INTO channel_mappings (public_id, instance_id, channel_id, channel_name, direction, unit, event_id)
    SELECT 'map_' || instances.id || '_' || n, instances.id, 'c' || n, 'C', 'input', 'x', events.id
    FROM n CROSS JOIN instances LEFT JOIN events ON events.name = instance_name AND n = 1 WHERE n <= 3`,
  '/users': `
    INSERT INTO users (public_id, email, username, role) SELECT 'usr_' || n, n || '@example.com', 'user ' || n, 'viewer' FROM n`,
  '/tokens': `
    INSERT INTO api_tokens (public_id, name, token_hash, user_id) SELECT 'tok_' || n, n, n, users.id
    FROM n JOIN users ON users.username = 'user ' || n`,
  '/dashboards': `
    , made AS (
      INSERT INTO dashboards (public_id, name, is_global, user_id) SELECT 'dsh_' || n, n, true, owner.id FROM n, owner
      RETURNING id
    )
    INSERT INTO dashboard_widgets (public_id, dashboard_id, widget_type, title, event_id, x, y, w, h)
    SELECT 'wdg_' || made.id || '_' || n, made.id, 'gauge', 'W', events.id, 0, 0, 4, 3
    FROM made CROSS JOIN n LEFT JOIN events ON events.name = n::text WHERE n <= 3`,
  '/commands': `
    INSERT INTO commands (
      public_id, controller, instance_public_id, instance_name, channel_id, channel_name, unit, value, state, actor_kind, actor_name,
      requested_on, expires_on
    )
    SELECT 'cmd_' || n, 'lab', 'plg_' || n, 'Rig', 'c', 'C', 'x', n, 'confirmed', 'user', 'Ada', now(), now() FROM n`,
  '/gaps': `
    INSERT INTO reading_gaps (source, reason, from_time, to_time) SELECT 'lab', 'unknown', now() - n * interval '1 s', now() FROM n`,
  '/datapoints/deletions': `
    INSERT INTO historian_jobs (public_id, kind, event_ids, from_time, to_time, user_id)
    SELECT 'job_' || n, 'delete', ARRAY(SELECT id FROM events WHERE id <= n), now(), now() + interval '1 s', owner.id FROM n, owner`,
  '/datapoints': `
    , stored AS (
      INSERT INTO datapoints (event_id, ts, value)
      SELECT events.id, date_trunc('minute', now()) + interval '1 ms' * n, n FROM events, n WHERE events.name = '1'
      RETURNING event_id, ts, value
    )
    INSERT INTO datapoint_rollups
    SELECT event_id, 60, date_trunc('minute', now()), count(*), 0, 0, 1, min(ts), ${ROWS}, max(ts), 1, min(ts), ${ROWS}, max(ts)
    FROM stored GROUP BY event_id`,
  '/historian/events': `
    INSERT INTO event_statistics (event_id, datapoints, last_day) SELECT events.id, id, 1 FROM events JOIN n ON events.name = n::text`,
  '/historian/maintenance': `INSERT INTO maintenance_runs (task, runner) SELECT 'rollups', 'plant-1:4711' FROM n`,
}
/** Asked for the page, its total and what belongs to its rows; datapoints also for what the list may show, for where they lie and for how many were measured. */
const MOST_STATEMENTS: Record<string, number> = { '/datapoints': 6 }

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
  await ensurePartitions(site.db.db, partitionsBetween(nowMicros(), nowMicros() + 60_000_000))
  for (const fill of Object.values(LISTS)) {
    await site.db.pool.query(`
      WITH n AS (SELECT n FROM generate_series(1, ${ROWS}) AS n),
        owner AS (SELECT id FROM users WHERE public_id = '${site.users.admin.id}')${fill}`)
  }
})
afterAll(() => site[Symbol.asyncDispose]())

async function statementsSoFar(): Promise<number> {
  const metrics = await (await fetch(`${site.api.opsUrl}/metrics`)).text()
  return Number(/^webmacs_database_statements_total\{.*\} (\d+)$/m.exec(metrics)?.[1])
}

/** Statements that one request takes: the least of several, because what works beside requests asks the database too. */
async function statementsFor(path: string, rows: number): Promise<number> {
  const taken: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    const before = await statementsSoFar()
    const { body } = await site.api.get(path)
    taken.push((await statementsSoFar()) - before)
    expect(body.data).toHaveLength(rows)
  }
  return Math.min(...taken)
}

test.each(Object.keys(LISTS))('GET %s takes as many statements for a page of 50 as for one of 2', async (path) => {
  const few = await statementsFor(`/api/v1${path}?page_size=2`, 2)
  const many = await statementsFor(`/api/v1${path}?page_size=50`, 50)
  expect(many).toBe(few)
  // Who asks, the page, its total; what belongs to the rows of the page.
  expect(many).toBeGreaterThanOrEqual(3)
  expect(many).toBeLessThanOrEqual(MOST_STATEMENTS[path] ?? 4)
})
