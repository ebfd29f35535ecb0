import { describe, expect, test } from 'vitest'
import { checkTask } from '../../src/results/input.ts'
import { accuracyOf, clustersOf, prepareTask } from '../../src/tasks/prepare.ts'
import type { Side } from '../../src/tasks/rows.ts'
import { refusal } from '../support/refusal.ts'
import { wordTokenizer } from '../support/word-tokenizer.ts'

const head = { name: 'names', form: 'next', metric: 'logit_diff' }
const row = (answer: string, text = 'Tom gave it to') => ({ text, answers: [answer], distractors: [' Tom'] })
const prepare = async (fields: object, o: { side?: Side; first?: number; end?: number } = {}) =>
  await prepareTask(checkTask({ ...head, ...fields }, 'task'), wordTokenizer(o), o.side)

describe('form next', () => {
  test('a text read after its last token', async () => {
    const { samples, items, dropped, higherIsBetter } = await prepare({ prompts: [row(' Mary')] }, { first: 900 })
    expect(samples).toEqual([
      {
        ids: [900, 1, 2, 3, 4],
        text: 'Tom gave it to',
        read: { metric: 'logit_diff', answers: [5], distractors: [6] },
      },
    ])
    expect(items).toMatchObject([{ row: 0, samples: [0], template: undefined }])
    expect(items[0]!.value([1.5])).toBe(1.5)
    expect({ dropped, higherIsBetter }).toEqual({ dropped: [], higherIsBetter: true })
  })

  test('an answer of several tokens leaves its row out, by name; a task of nothing else is refused', async () => {
    const { items, dropped } = await prepare({ prompts: [row(' Mary'), row(' Mary Ann'), row(' Ben')] })
    expect(items.map(i => i.row)).toEqual([0, 2])
    expect(dropped).toEqual(['prompts[1]: " Mary Ann" is 2 tokens, not one'])
    expect(await refusal(() => prepare({ prompts: [row(' Mary Ann')] }))).toMatchObject({
      code: 'task-empty',
      fault: 'usage',
      where: 'prompts',
      message: expect.stringContaining('prompts[0]: " Mary Ann" is 2 tokens, not one'),
    })
  })

  test('loss and kl look at the text alone: its answers may be of any length', async () => {
    for (const metric of ['loss', 'kl']) {
      const { samples, items, higherIsBetter } = await prepare({ metric, prompts: [row(' Mary Ann')] })
      expect(samples).toMatchObject([{ ids: [1, 2, 3, 4], read: { metric } }])
      expect({ items: items.length, higherIsBetter }).toEqual({ items: 1, higherIsBetter: false })
    }
  })

  test('a loss needs two tokens, on both sides of a pair', async () => {
    const pair = (clean: string, corrupt: string) => ({ clean, corrupt, answers: [' Mary'] })
    const pairs = [pair('Tom saw', 'Ben'), pair('Ben', 'Tom saw'), pair('Tom saw', 'Ben saw')]
    const reason = 'a text is one token, and a loss needs two'
    for (const side of ['clean', 'corrupt'] as const)
      expect((await prepare({ metric: 'loss', pairs }, { side })).dropped).toEqual([
        `pairs[0]: ${reason}`,
        `pairs[1]: ${reason}`,
      ])
  })

  test('either side of a pair, the same rows left out on both', async () => {
    const pair = { clean: 'Tom gave it to', corrupt: 'Mary gave it to', answers: [' Mary'], distractors: [' Tom'] }
    const pairs = [{ ...pair, answers: [' Mary Ann'] }, pair]
    const [clean, corrupt] = [await prepare({ pairs }), await prepare({ pairs }, { side: 'corrupt' })]
    expect(clean.samples[0]!.text).toBe(pair.clean)
    expect(corrupt.samples[0]!.text).toBe(pair.corrupt)
    expect(corrupt.items.map(i => i.row)).toEqual(clean.items.map(i => i.row))
    expect(clean.dropped).toEqual(['pairs[0]: " Mary Ann" is 2 tokens, not one'])
  })

  test('prompts have no corrupt side', async () => {
    expect(await refusal(() => prepare({ prompts: [row(' Mary')] }, { side: 'corrupt' }))).toMatchObject({
      code: 'task-side',
      fault: 'usage',
    })
  })
})

describe('form sequence', () => {
  const asked = { text: 'Q', answers: [' a b', ' c'], distractors: [' d', ' e f'] }
  const sequence = { form: 'sequence', metric: 'sequence_logprob' }

  test('a sequence for each continuation, read from where the text ends', async () => {
    const { samples } = await prepare({ ...sequence, prompts: [asked] }, { first: 900 })
    expect(samples.map(s => s.text)).toEqual(['Q a b', 'Q c', 'Q d', 'Q e f'])
    expect(samples.map(s => s.ids.length)).toEqual([4, 3, 3, 4])
    for (const { read } of samples) expect(read).toEqual({ metric: 'sequence_logprob', from: 2 })
  })

  test('mean of the answers less mean of the distractors; of the answers alone where there are none', async () => {
    const [item] = (await prepare({ ...sequence, prompts: [asked] })).items
    expect(item!.value([-1, -3, -5, -9])).toBe(-2 - -7)
    const { distractors: _, ...alone } = asked
    expect((await prepare({ ...sequence, prompts: [alone] })).items[0]!.value([-1, -3])).toBe(-2)
  })

  test('accuracy: the best answer beats every distractor; ties do not', async () => {
    const [item] = (await prepare({ ...sequence, metric: 'accuracy', prompts: [asked] })).items
    expect(item!.value([-9, -1, -2, -3])).toBe(1)
    expect(item!.value([-9, -2, -2, -3])).toBe(0)
    expect(item!.value([-9, -5, -6, -3])).toBe(0)
  })

  test('equal sequences of several rows are run once', async () => {
    const { samples, items } = await prepare({ ...sequence, prompts: [asked, { ...asked, answers: [' c'] }] })
    expect(samples).toHaveLength(4)
    expect(items.map(i => i.samples)).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3],
    ])
  })

  test('next with sequence_logprob is the same for answers of one token', async () => {
    const one = { text: 'Q', answers: [' c'], distractors: [' d'] }
    const next = await prepare({ metric: 'sequence_logprob', prompts: [one] })
    expect(next.samples).toEqual((await prepare({ ...sequence, prompts: [one] })).samples)
    expect(await refusal(() => prepare({ metric: 'sequence_logprob', prompts: [asked] }))).toMatchObject({
      code: 'task-empty',
    })
  })
})

describe('form pair', () => {
  const contrast = (pairs: object[], metric = 'sequence_logprob') => ({ form: 'pair', metric, pairs })
  const pair = { clean: 'The cats sleep', corrupt: 'The cats sleeps' }

  test('two whole texts from their second token on', async () => {
    const { samples, items } = await prepare(contrast([pair]))
    expect(samples.map(s => [s.text, s.read])).toEqual(
      [pair.clean, pair.corrupt].map(text => [text, { metric: 'sequence_logprob', from: 1 }]),
    )
    expect(items[0]!.value([-5, -8])).toBe(3)
    const [read] = (await prepare(contrast([pair], 'accuracy'))).items
    expect([read!.value([-5, -8]), read!.value([-8, -5]), read!.value([-5, -5])]).toEqual([1, 0, 0])
  })

  test('the first token is read after the one that stands before it, else texts must begin alike', async () => {
    const pairs = [{ clean: 'Cats sleep', corrupt: 'Dogs sleeps' }, pair]
    expect((await prepare(contrast(pairs))).dropped).toEqual([expect.stringMatching(/^pairs\[0\]: the first tokens/)])
    for (const before of [{ first: 900 }, { end: 900 }]) {
      const { dropped, samples } = await prepare(contrast(pairs), before)
      expect(dropped).toEqual([])
      expect(samples[0]).toMatchObject({ ids: [900, 1, 2], read: { from: 1 } })
    }
    const next = await prepare({ prompts: [row(' Mary')] }, { end: 900 })
    expect(next.samples[0]!.ids[0]).not.toBe(900)
  })

  test('a text of one token is left out; it has no corrupt side', async () => {
    expect((await prepare(contrast([{ clean: 'Cats', corrupt: 'Cats sleep' }, pair]))).dropped).toEqual([
      expect.stringMatching(/^pairs\[0\]: a text is one token/),
    ])
    expect(await refusal(() => prepare(contrast([pair]), { side: 'corrupt' }))).toMatchObject({ code: 'task-side' })
  })
})

describe('read as right or wrong', () => {
  const read = async (fields: object) => await accuracyOf(checkTask({ ...head, ...fields }, 'task'), wordTokenizer())

  test('the same rows, whatever the metric', async () => {
    for (const metric of ['logit_diff', 'loss', 'sequence_logprob'])
      expect((await read({ metric, prompts: [row(' Mary'), row(' Ben')] }))!.items).toHaveLength(2)
    const right = await read({ prompts: [row(' Mary')] })
    expect(right!.samples[0]!.read).toEqual({ metric: 'accuracy', answers: [5], distractors: [6] })
  })

  test('undefined where it means nothing', async () => {
    expect(await read({ metric: 'loss', prompts: [row(' Mary Ann')] })).toBeUndefined()
    const prompts = [{ text: 'Q', answers: [' a b'] }]
    expect(await read({ form: 'sequence', metric: 'sequence_logprob', prompts })).toBeUndefined()
  })
})

test('rows of one template are one cluster, others their own', async () => {
  const prompts = [{ ...row(' A'), template: 'x' }, row(' B'), { ...row(' C'), template: 'x' }]
  expect(clustersOf(await prepare({ prompts }))).toEqual(['x', 1, 'x'])
})
