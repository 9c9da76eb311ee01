import { migrateToLatest } from '@webmacs/migrations'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { TEMPLATE_DATABASE } from './context.ts'
import { startTestServers } from './servers.ts'

/** Vitest's global setup of the integration project: servers once a run, and a template database with all migrations. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await startTestServers()
  await makeTemplate(servers.databaseUrl)
  project.provide('databaseUrl', servers.databaseUrl)
  project.provide('natsUrl', servers.natsUrl)
  return () => servers.stop()
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: serverUrl })
  await admin.connect()
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE_DATABASE} WITH (FORCE)`)
    await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`)
  } finally {
    await admin.end()
  }
  const template = new URL(serverUrl)
  template.pathname = `/${TEMPLATE_DATABASE}`
  await migrateToLatest(template.href)
}
