import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, run, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const env = { HEADWISE_CACHE: join(folder, 'cache') }
const EVIL = '<img src=x onerror=1>\u001b[31m\u001b]0;x\u0007\u202e'
const SPELLED = '<img src=x onerror=1>\\u001b[31m\\u001b]0;x\\u0007\\u202e'
const model = join(folder, EVIL)
mkdirSync(model)
for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'])
  cpSync(join(root, 'models/specimen', file), join(model, file))
const prompts = [{ text: 'Tom saw a', answers: [' cat'], distractors: [' dog'] }]
const task = join(folder, 'task.json')
writeFileSync(
  task,
  JSON.stringify({ name: EVIL, form: 'next', metric: 'logit_diff', prompts: [...prompts, ...prompts] }),
)

/** Item 100, for the terminal: names of models and tasks, and what they are said in. */
test.each([
  ['show', [model]],
  ['tasks', [model, '--task', task]],
  ['ablate', [model, 'Tom saw a cat', '--mode', 'zero']],
  ['ablate', [model, '--task', task, '--mode', 'zero']],
  ['ablate', [join(model, 'absent'), 'Tom', '--mode', 'zero']],
] as const)('%s shows what a name holds, and the terminal obeys none of it', async (command, args) => {
  const { stdout, stderr } = await run([command, ...args], { env })
  expect(stdout + stderr).not.toMatch(/[\u001b\u0007\u202e]/)
  expect(stdout + stderr).toMatch(/\S/)
  if (command !== 'ablate') expect(stdout).toContain(SPELLED)
})
