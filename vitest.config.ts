import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], exclude: string[] = []) => ({
  test: { name, include, exclude, testTimeout: 60_000, hookTimeout: 60_000, pool: 'forks' as const },
})

/** What holds whatever happens: random inputs, and jobs that are killed at any moment. */
const properties = ['test/**/*.properties.test.ts', 'test/jobs/**/*.test.ts']
/** Real checkpoints, and the command as people run it. */
const models = ['test/**/*.models.test.ts', 'test/cli/**/*.test.ts', 'test/docs.test.ts']
const browser = ['test/browser/**/*.test.ts']

export default defineConfig({
  test: {
    // Half of the tests wait for programs that they start.
    maxWorkers: '100%',
    projects: [
      project('unit', ['test/**/*.test.ts'], [...properties, ...models, ...browser]),
      project('properties', properties),
      project('models', models, properties),
      // One real Chromium at a time, on pages that are built once.
      {
        test: {
          ...project('browser', browser, models).test,
          globalSetup: ['test/browser/build.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
