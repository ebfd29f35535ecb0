import { describe, expect, test } from 'vitest'
import { checkEdits, parseEdits, parseTask } from '../../src/results/input.ts'

const at = { site: 'z', layer: 1 }
const edits = (...list: unknown[]): string => JSON.stringify(list)
const refusal = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('it was accepted')
}

describe('edits', () => {
  test('every kind of edit is read, with its defaults filled in', () => {
    const list = parseEdits(
      edits(
        { do: 'zero', at },
        { do: 'mean', at },
        { do: 'resample', at, heads: [0], samples: [1] },
        { do: 'scale', at, by: 0.5 },
        {
          do: 'add',
          at,
          value: [
            [1, 2],
            [3, 4],
          ],
        },
        { do: 'set', at, value: { file: 'v.safetensors', tensor: 'v' } },
        { do: 'patch', at, ids: [1, 2], positions: { tokens: [5] } },
        { do: 'patch', at, prompt: 'text', positions: 'last' },
        { do: 'knockout', at: { site: 'scores', layer: 0 }, keys: [0] },
        { do: 'temperature', at: { site: 'scores', layer: 0 }, tau: 2 },
        { do: 'bias', at: { site: 'scores', layer: 0, stack: 'encoder' }, by: -1 },
      ),
      'e.json',
    )
    expect(list).toHaveLength(11)
    expect(list[0]?.at).toEqual({ site: 'z', layer: 1, stack: 'decoder' })
    expect(list[1]).toMatchObject({ reference: 'self' })
    expect(list[2]).toMatchObject({ seed: 0, draws: 1 })
    expect(list[8]).toMatchObject({ queries: 'all', keys: [0] })
    expect(checkEdits(list, 'again')).toEqual(list)
  })

  const faults: [string, unknown, object][] = [
    [
      'an unknown site',
      { do: 'zero', at: { site: 'zz' } },
      { code: 'edits-unknown-name', fault: 'usage', where: 'edits[1].at.site', found: 'zz' },
    ],
    [
      'an unknown kind',
      { do: 'zeor', at },
      { code: 'edits-unknown-name', fault: 'usage', where: 'edits[1].do', found: 'zeor' },
    ],
    ['no kind', { at }, { code: 'edits-missing', fault: 'data', where: 'edits[1].do' }],
    [
      'no layer, where a site has one in each',
      { do: 'zero', at: { site: 'z' } },
      { code: 'edits-missing', where: 'edits[1].at.layer' },
    ],
    [
      'a layer, where a site has none',
      { do: 'zero', at: { site: 'logits', layer: 2 } },
      { code: 'edits-value', where: 'edits[1].at.layer', found: 2 },
    ],
    ['no place', { do: 'zero' }, { code: 'edits-missing', where: 'edits[1].at' }],
    ['an unknown key', { do: 'zero', at, head: [1] }, { code: 'edits-unknown-key', where: 'edits[1]', found: 'head' }],
    [
      'a key of the prototype',
      JSON.parse('{"do":"zero","at":{"site":"z","__proto__":1}}'),
      { code: 'edits-unknown-key', where: 'edits[1].at', found: '__proto__' },
    ],
    ['a negative position', { do: 'zero', at, positions: [0, -1] }, { where: 'edits[1].positions[1]', found: -1 }],
    ['a position of 2^53 + 1', { do: 'zero', at, positions: [2 ** 53] }, { where: 'edits[1].positions[0]' }],
    ['a fraction of a head', { do: 'zero', at, heads: [0.5] }, { where: 'edits[1].heads[0]', found: 0.5 }],
    ['an empty list of heads', { do: 'zero', at, heads: [] }, { code: 'edits-value', where: 'edits[1].heads' }],
    [
      'an empty token set',
      { do: 'zero', at, positions: { tokens: [] } },
      { code: 'edits-value', where: 'edits[1].positions.tokens' },
    ],
    ['a word for positions', { do: 'zero', at, positions: 'first' }, { where: 'edits[1].positions', found: 'first' }],
    [
      'a temperature of 0',
      { do: 'temperature', at, tau: 0 },
      { code: 'edits-value', where: 'edits[1].tau', found: 0, allowed: 'must be above 0, with a finite inverse' },
    ],
    ['a scale of 1e39', { do: 'scale', at, by: 1e39 }, { code: 'edits-value', where: 'edits[1].by', found: 1e39 }],
    ['a scale of "NaN"', { do: 'scale', at, by: 'NaN' }, { code: 'edits-type', where: 'edits[1].by', found: 'NaN' }],
    [
      '1e39 inside a value',
      { do: 'set', at, value: [0, [1e39]] },
      { code: 'edits-value', where: 'edits[1].value[1][0]' },
    ],
    ['an empty list inside a value', { do: 'set', at, value: [[1], []] }, { where: 'edits[1].value[1]' }],
    ['a value five lists deep', { do: 'set', at, value: [[[[[1]]]]] }, { where: 'edits[1].value[0][0][0][0]' }],
    [
      'a tensor elsewhere',
      { do: 'set', at, value: { file: '../v.safetensors', tensor: 'v' } },
      { where: 'edits[1].value.file', found: '../v.safetensors' },
    ],
    [
      'a tensor on a drive',
      { do: 'set', at, value: { file: 'C:v.safetensors', tensor: 'v' } },
      { where: 'edits[1].value.file' },
    ],
    [
      'a tensor of another format',
      { do: 'set', at, value: { file: 'edits.json', tensor: 'v' } },
      { where: 'edits[1].value.file', found: 'edits.json' },
    ],
    ['a patch from nothing', { do: 'patch', at }, { code: 'edits-value', where: 'edits[1]' }],
    ['a patch from two runs', { do: 'patch', at, ids: [1], prompt: 'x' }, { code: 'edits-value', where: 'edits[1]' }],
    [
      'too many draws',
      { do: 'resample', at, draws: 1025 },
      { code: 'edits-value', where: 'edits[1].draws', found: 1025, allowed: ['at most 1024'] },
    ],
    ['a number for an edit', 3, { code: 'edits-type', where: 'edits[1]', found: 3 }],
  ]
  test.each(faults)('%s is refused by name', (_, fault, details) => {
    expect(parseEdits(edits({ do: 'zero', at }), 'e.json')).toHaveLength(1)
    expect(refusal(() => parseEdits(edits({ do: 'zero', at }, fault), 'e.json'))).toMatchObject({
      name: 'HeadwiseError',
      file: 'e.json',
      ...details,
    })
  })

  const says = (value: unknown): string => String((refusal(() => parseEdits(edits(value), 'e.json')) as Error).message)
  test('the sentence says what is wrong, where, and what is allowed', () => {
    expect(says({ do: 'zero', at: { site: 'patern' } })).toBe(
      'e.json: edits[0].at.site is "patern", which is not known; nearest: pattern.',
    )
    expect(says({ do: 'zero', at, head: [1] })).toBe(
      'e.json: edits[0] has the unknown key "head"; allowed: do, at, heads, groups, positions, samples.',
    )
    expect(says({ do: 'zero', at: { site: 'z' } })).toBe(
      'e.json: edits[0].at.layer is missing; expected the layer of z, a whole number from 0.',
    )
    expect(says({ do: 'scale', at })).toBe('e.json: edits[0].by is missing; expected number.')
    expect(says({ do: 'zero', at, positions: 7 })).toBe(
      'e.json: edits[0].positions is 7; expected array, object, last or all.',
    )
    expect(says({ do: 'zero', at, heads: [] })).toBe('e.json: edits[0].heads is []; expected at least 1 entry.')
  })

  test.each([
    ['an object', '{}', 'edits-type'],
    ['null', 'null', 'edits-type'],
    ['a key twice', '[{"do":"zero","at":{"site":"z","site":"k"}}]', 'json-duplicate-key'],
    ['a cut file', '[{"do":"zero"', 'json-syntax'],
    ['NaN', '[{"do":"scale","by":NaN}]', 'json-syntax'],
    ['nesting of 100,000', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'json-depth'],
    ['10,001 edits', edits(...new Array(10_001).fill({ do: 'zero', at })), 'edits-value'],
  ])('%s is refused', (_, text, code) => {
    expect(refusal(() => parseEdits(text, 'e.json'))).toMatchObject({ code, fault: 'data', file: 'e.json' })
  })

  test('100 MB are refused by size alone', () => {
    const bytes = new Uint8Array(100_000_000)
    expect(refusal(() => parseEdits(bytes, 'e.json'))).toMatchObject({
      code: 'json-size',
      found: 100_000_000,
      allowed: 2 ** 24,
    })
  })
})

describe('tasks', () => {
  const row = { text: 'A, B and', answers: [' A'], distractors: [' B'] }
  const pair = { clean: 'A', corrupt: 'B', answers: [' A'], distractors: [' B'] }
  const task = { name: 't', form: 'next', metric: 'logit_diff' }
  const read = (value: unknown) => parseTask(JSON.stringify(value), 't.json')

  test('a task of prompts and a task of pairs are read', () => {
    expect(read({ ...task, prompts: [row] })).toEqual({ ...task, prompts: [row] })
    expect(read({ ...task, pairs: [{ ...pair, template: 'x' }] })).toEqual({
      ...task,
      pairs: [{ ...pair, template: 'x' }],
    })
    const { distractors: _, ...plain } = row
    expect(read({ ...task, metric: 'loss', prompts: [plain] })).toEqual({ ...task, metric: 'loss', prompts: [plain] })
    const contrast = { ...task, form: 'pair', metric: 'accuracy', pairs: [{ clean: 'A', corrupt: 'B' }] }
    expect(read(contrast)).toEqual(contrast)
    const sequence = { ...task, form: 'sequence', metric: 'sequence_logprob', prompts: [plain] }
    expect(read(sequence)).toEqual(sequence)
  })

  const faults: [string, unknown, object][] = [
    ['no prompts', { ...task, prompts: [] }, { code: 'task-value', where: 'task.prompts' }],
    ['no pairs', { ...task, pairs: [] }, { code: 'task-value', where: 'task.pairs' }],
    ['neither list', task, { code: 'task-missing' }],
    [
      'an unknown metric',
      { ...task, metric: 'logit-diff', prompts: [row] },
      { code: 'task-unknown-name', fault: 'usage', where: 'task.metric', found: 'logit-diff' },
    ],
    [
      'an unknown form',
      { ...task, form: 'nxt', pairs: [pair] },
      { code: 'task-unknown-name', fault: 'usage', where: 'task.form' },
    ],
    [
      'an answer that is a distractor',
      { ...task, prompts: [row, { ...row, distractors: [' B', ' A'] }] },
      { code: 'task-value', where: 'task.prompts[1].distractors' },
    ],
    [
      'no distractor where the metric compares',
      { ...task, pairs: [pair, { ...pair, distractors: [] }] },
      { code: 'task-value', where: 'task.pairs[1].distractors' },
    ],
    [
      'no answers',
      { ...task, prompts: [row, { ...row, answers: [] }] },
      { code: 'task-value', where: 'task.prompts[1].answers' },
    ],
    [
      'an answer of no text',
      { ...task, pairs: [{ ...pair, answers: [''] }] },
      { code: 'task-value', where: 'task.pairs[0].answers[0]' },
    ],
    [
      'a number for an answer',
      { ...task, prompts: [{ ...row, answers: [1] }] },
      { code: 'task-type', where: 'task.prompts[0].answers[0]', found: 1 },
    ],
    [
      'an unknown key',
      { ...task, prompts: [{ ...row, answer: ' A' }] },
      { code: 'task-unknown-key', where: 'task.prompts[0]', found: 'answer' },
    ],
    [
      'an unknown key above',
      { ...task, include: 'other.json', prompts: [row] },
      { code: 'task-unknown-key', where: 'task', found: 'include' },
    ],
    ['a list', [task], { code: 'task-type', where: 'task' }],
    [
      'a pair without answers',
      { ...task, pairs: [pair, { clean: 'A', corrupt: 'B' }] },
      { code: 'task-missing', where: 'task.pairs[1].answers' },
    ],
    [
      'answers beside two whole texts',
      { ...task, form: 'pair', metric: 'accuracy', pairs: [{ clean: 'A', corrupt: 'B' }, pair] },
      { code: 'task-value', where: 'task.pairs[1].answers' },
    ],
    [
      'prompts for the form pair',
      { ...task, form: 'pair', metric: 'accuracy', prompts: [row] },
      { code: 'task-value', where: 'task.form' },
    ],
    [
      'a metric of single tokens for whole texts',
      { ...task, form: 'pair', pairs: [{ clean: 'A', corrupt: 'B' }] },
      { code: 'task-value', where: 'task.metric' },
    ],
    [
      'equal texts',
      { ...task, form: 'pair', metric: 'accuracy', pairs: [{ clean: 'A', corrupt: 'A' }] },
      { code: 'task-value', where: 'task.pairs[0].corrupt' },
    ],
    [
      'a metric of single tokens for sequences',
      { ...task, form: 'sequence', prompts: [row] },
      { code: 'task-value', where: 'task.metric' },
    ],
    [
      'sequences with nothing to compare them with',
      { ...task, form: 'sequence', metric: 'accuracy', prompts: [{ text: 'A', answers: [' A'] }] },
      { code: 'task-missing', where: 'task.prompts[0].distractors' },
    ],
  ]
  test.each(faults)('%s is refused by row', (_, value, details) => {
    expect(refusal(() => read(value))).toMatchObject({ name: 'HeadwiseError', file: 't.json', ...details })
  })
})
