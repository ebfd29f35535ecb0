import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../../src/browser/twins')
const names = readdirSync(folder, { recursive: true })
  .map(String)
  .filter(f => f.endsWith('.ts'))

// The compiler compares each twin with what it stands for: callers of one must be callers of the other.
const guard: Twin<typeof import('../../src/text/guard.ts')> = await import('../../src/browser/twins/text/guard.ts')
const template: Twin<typeof import('../../src/text/template.ts')> = await import(
  '../../src/browser/twins/text/template.ts'
)
const tensors: Twin<typeof import('../../src/library/tensors.ts')> = await import(
  '../../src/browser/twins/library/tensors.ts'
)
const tasks: Twin<typeof import('../../src/tasks/resolve.ts')> = await import(
  '../../src/browser/twins/tasks/resolve.ts'
)
const sha: Twin<typeof import('../../src/words/sha256.ts')> = await import('../../src/browser/twins/words/sha256.ts')
/** Everything that the original exports, callable in the same way. */
type Twin<T> = { readonly [K in keyof T]: T[K] }

test('every twin stands for a file, and is compared with it here', () => {
  expect(names.sort()).toEqual([
    'library/tensors.ts',
    'library/version.ts',
    'tasks/resolve.ts',
    'text/guard.ts',
    'text/template.ts',
    'words/sha256.ts',
  ])
  for (const m of [guard, template, tensors, tasks, sha]) expect(Object.keys(m).length).toBeGreaterThan(0)
})

describe('what a page cannot do is refused in a sentence', () => {
  test('a pattern that may never end', async () => {
    await expect(guard.findGuarded('(a+)+b', ['aaaa'], guard.startClock())).rejects.toBeInstanceOf(guard.Stopped)
  })

  test('a chat template', async () => {
    const request = { template: '{{ 1 }}', file: 'tokenizer_config.json', variants: [{}] }
    await expect(template.renderTemplate(request)).rejects.toMatchObject({ code: 'chat-template-process' })
  })

  test('values from a file', async () => {
    await expect(tensors.tensorReader('.')('a.safetensors', 'x')).rejects.toMatchObject({ code: 'edit-file' })
    const at = { site: 'z', layer: 0, stack: 'decoder' } as const
    expect(await tensors.editFiles([{ do: 'add', at, value: 1 }], '.')).toEqual({})
    const value = { file: 'a.safetensors', tensor: 'x' }
    await expect(tensors.editFiles([{ do: 'add', at, value }], '.')).rejects.toMatchObject({ code: 'edit-file' })
  })

  test('a task that is no built-in one', async () => {
    expect((await tasks.resolveTask('ioi')).id).toBe('ioi')
    expect((await tasks.allTasks()).length).toBeGreaterThan(5)
    await expect(tasks.resolveTask('iio')).rejects.toMatchObject({ code: 'task-name' })
  })
})
