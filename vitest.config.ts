import { defineConfig } from 'vitest/config'

/** The template's tests run where it was unpacked to, by another runner. */
const template = 'infra/cli/template/**'
/** Tests of a driver that is made outside of this repository, for the runner of Node.js. */
const example = 'docs/examples/weather-station/**'
const exclude = ['**/node_modules/**', '**/dist/**', '**/.webmacs/**', template, example]
const integration = ['**/*.int.test.ts']
const system = ['infra/system-tests/**/*.test.ts']

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['**/*.test.{ts,tsx}'], exclude: [...exclude, ...integration, ...system] } },
      {
        test: {
          name: 'integration',
          include: integration,
          exclude: [...exclude, ...system],
          globalSetup: './shared/testing/src/global-setup.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'system',
          include: system,
          exclude,
          testTimeout: 120_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
