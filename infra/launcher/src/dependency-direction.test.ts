import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROOT } from './config.ts'
import { findViolations } from './dependency-direction.ts'

let copy: string

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'webmacs-direction-'))
  for (const part of ['package.json', 'shared', 'services', 'migrations', 'infra/nats', 'frontend/package.json']) {
    cpSync(join(ROOT, part), join(copy, part), {
      recursive: true,
      filter: (path) => !/node_modules|[\\/]dist$/.test(path),
    })
  }
})
afterEach(() => rmSync(copy, { recursive: true }))

function addDependency(folder: string, name: string): void {
  const file = join(copy, folder, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, [name]: '3.0.0' } }))
}

test('the project keeps its dependency direction', () => {
  expect(findViolations(ROOT)).toEqual([])
})

test.each([
  ['services/api', '@webmacs/ingest', 'services never import one another'],
  ['shared/bus', '@webmacs/api', 'shared packages import only shared ones'],
  ['frontend', '@webmacs/database', 'the dashboard uses contracts and client only'],
  ['services/controller/plugins/system', '@webmacs/bus', 'drivers are built on plugin-sdk alone'],
  ['services/controller/plugins/http', '@webmacs/testing', 'drivers are built on plugin-sdk alone'],
  ['shared/contracts', '@webmacs/bus', 'contracts import nothing of ours'],
])('finds that %s depends on %s', (folder, name, rule) => {
  addDependency(folder, name)
  expect(findViolations(copy)).toContainEqual({ from: folder, to: name, rule })
})

test('finds a cycle', () => {
  addDependency('shared/bus', '@webmacs/auth')
  expect(findViolations(copy).map(({ rule }) => rule)).toContainEqual(expect.stringContaining('closes a cycle'))
})

test('finds a file that reaches into another package', () => {
  writeFileSync(join(copy, 'services/api/src/planted.ts'), "import { x } from '../../ingest/src/main.ts'\n")
  writeFileSync(join(copy, 'services/ingest/src/main.ts'), 'export const x = 1\n')
  expect(findViolations(copy)).toContainEqual({
    from: 'services/api/src/planted.ts',
    to: '../../ingest/src/main.ts',
    rule: 'reaches into another package by a relative path',
  })
})
