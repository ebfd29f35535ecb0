import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Headwise, load, rerun } from '../../src/index.ts'
import { toJson } from '../../src/results/json.ts'
import { readResult } from '../../src/results/read.ts'
import '../support/cache.ts'

const TEXT = 'Tom saw a cat. The cat saw Tom.'
const heads = [{ layer: 6, head: 5 }]
let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
})
afterAll(() => m[Symbol.asyncDispose]())

/** As the kernel asks: for a method under that symbol of any object. */
async function displayOf(value: object): Promise<Record<string, string>> {
  const display: unknown = Reflect.get(value, Symbol.for('Jupyter.display'))
  if (typeof display !== 'function') throw new TypeError('it has no way to show itself')
  return (await display.call(value)) as Record<string, string>
}

/** Every verb whose result is a document, or holds one. */
const results: Record<string, () => Promise<object>> = {
  run: async () => (await m.run(TEXT, { attended: true })).document,
  generation: () => m.generation('Once upon a time', { maxTokens: 3 }),
  scores: () => m.scores(['induction', 'sink']),
  ablate: () => m.ablate({ mode: 'zero', text: TEXT }),
  control: async () => (await m.control({ mode: 'zero', text: TEXT, heads, controls: 3 })).document,
  patch: () => pairs().then(task => m.patch({ task, site: 'z' })),
  knockout: () => m.knockout({ text: TEXT, keys: { text: ' a' }, window: 2 }),
  scale: () => m.scale({ text: TEXT, heads, steps: 3 }),
  'self-repair': () => pairs().then(task => m.selfRepair({ task })),
  tasks: () => m.tasks({ tasks: ['ioi'], n: 4 }),
  rerun: async () => (await rerun(readResult(toJson(await m.scores(['sink'])), 'sink.json'))).document,
}

async function pairs() {
  const [ioi] = await m.tasks({ tasks: ['ioi'], n: 3 })
  if (!ioi || 'refused' in ioi || !ioi.spec.request.task) throw new Error('no task')
  return ioi.spec.request.task
}

test.each(Object.keys(results))('%s shows itself, and is plain data all the same', async name => {
  const result = await results[name]!()
  const bundle = await displayOf(result)
  expect(Object.keys(bundle)).toContain('text/plain')
  expect(bundle['image/svg+xml'] ?? bundle['text/html']).toMatch(/^<(svg|figure) /)
  // Nothing else sees the method: copies, JSON, what is read back.
  const copy = structuredClone(result)
  expect(copy).toStrictEqual(result)
  expect(Reflect.ownKeys(copy)).not.toContain(Symbol.for('Jupyter.display'))
  expect(JSON.stringify(copy)).toBe(JSON.stringify(result))
  expect(toJson(readResult(toJson(result), 'result.json'))).toBe(toJson(result))
  expect(Object.getOwnPropertySymbols({ ...result })).toEqual([])
})

test('each grid of several shows itself, too', async () => {
  const [induction, sink] = await m.scores(['induction', 'sink'])
  const plain = await Promise.all([induction!, sink!].map(async g => (await displayOf(g))['text/plain']!))
  expect(plain.map(words => words.split(':')[0])).toEqual([induction!.metric, sink!.metric])
})

test('what a verb tells beside its grid shows the grid', async () => {
  const result = await m.control({ mode: 'zero', text: TEXT, heads, controls: 2 })
  expect(await displayOf(result)).toEqual(await displayOf(result.document))
})

test('a run with its pattern shows the tokens and what heads attend to', async () => {
  const html = (await displayOf(await m.run(TEXT, { capture: ['pattern'] })))['text/html']!
  expect(html).toMatch(/nats per token.*role="listbox".*pattern of head 0\.0/s)
  expect(html).toContain('␣cat')
  const told = await m.run(TEXT, { capture: ['pattern'], attended: true })
  const { layer, head } = ('tokens' in told.document && told.document.heads?.[0]) || {}
  expect((await displayOf(told))['text/html']).toContain(`pattern of head ${layer}.${head}:`)
  const without = await m.run(TEXT, { capture: ['z'] })
  expect(await displayOf(without)).toEqual(await displayOf(without.document))
})
