import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], exclude: string[] = []) => ({
  test: { name, include, exclude, testTimeout: 60_000, hookTimeout: 60_000, pool: 'forks' as const },
})

const properties = ['test/**/*.properties.test.ts']
const models = ['test/**/*.models.test.ts']

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/**/*.test.ts'], [...properties, ...models]),
      project('properties', properties),
      project('models', models),
    ],
  },
})
