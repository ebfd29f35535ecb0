import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { golden, goldenJson, largestDifference, run, temporaryFolder, tensorsOf } from './support.ts'

const folder = temporaryFolder()
const at = (name: string): string => join(folder, name)
const env = { HEADWISE_CACHE: at('cache') }

/** A command that must succeed, with its JSON document; stderr holds notes only, and progress on a slow machine. */
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await run([...args, '--json'], { env })
  const notes = /^((The weights|Written:|Verified:) .*|.* left)\n/gm
  expect({ code, stderr: stderr.replace(notes, '') }).toEqual({
    code: 0,
    stderr: '',
  })
  expect(stdout.endsWith('}\n') || stdout.endsWith(']\n')).toBe(true)
  return JSON.parse(stdout) as T
}

const file = (name: string, value: unknown): string => {
  writeFileSync(at(name), JSON.stringify(value))
  return at(name)
}

interface Run {
  tokens: number[]
  loss: number
  top: { id: number; token: string; logprob: number }[]
}
interface Grid {
  kind: string
  axes: { name: string; size: number }[]
  values: number[][]
  n: number
  metric: string
  higherIsBetter: boolean
  spec: { request: { command: string } }
}
interface Logits {
  name: string
  text: string
  ids: number[]
  mean_loss: number
  top10: [number, number][]
  greedy32: number[]
}

/** A safetensors file of one float32 vector of zeros. */
function zeros(name: string, size: number): Buffer {
  const header = JSON.stringify({ [name]: { dtype: 'F32', shape: [size], data_offsets: [0, 4 * size] } })
  const bytes = Buffer.alloc(8 + header.length + 4 * size)
  bytes.writeBigUInt64LE(BigInt(header.length))
  bytes.write(header, 8)
  return bytes
}

describe('run', () => {
  const prompts = goldenJson('logits.json') as Logits[]
  const short = prompts[0]!

  test("gives PyTorch's tokens, loss, top tokens and logits", async () => {
    for (const [i, g] of prompts.entries()) {
      const out = at(`logits-${i}.safetensors`)
      const { tokens, loss, top } = await json<Run>('run', 'specimen', g.text, '--out', out)
      expect(tokens).toEqual(g.ids)
      expect(Math.abs(loss - g.mean_loss)).toBeLessThan(6e-5)
      expect(top.map(t => t.id)).toEqual(g.top10.map(([id]) => id))
      expect(
        largestDifference(
          top.map(t => t.logprob),
          g.top10.map(([, p]) => p),
        ),
      ).toBeLessThan(1e-3)
      const logits = tensorsOf(out).get('logits')!
      expect(logits.shape).toEqual([g.ids.length, 4096])
      const last = tensorsOf(join(golden, 'logits.safetensors')).get(`final_logits.${g.name}`)!
      expect(largestDifference(logits.data.subarray(-4096), last.data)).toBeLessThan(1e-3)
    }
  })

  test('takes a list of prompts, whose tensors are numbered', async () => {
    const tokens = file('two.json', [
      [0, 5, 6],
      [0, 7, 8, 9],
    ])
    const out = at('two.safetensors')
    const { runs, loss } = await json<{ runs: Run[]; loss: number }>(
      ...['run', 'specimen', '--tokens', tokens, '--capture', 'z@6,resid_pre,z', '--out', out],
    )
    expect(runs.map(r => r.tokens)).toEqual([
      [0, 5, 6],
      [0, 7, 8, 9],
    ])
    expect(loss).toBeCloseTo((runs[0]!.loss + runs[1]!.loss) / 2, 6)
    const shapes = Object.fromEntries([...tensorsOf(out)].map(([name, { shape }]) => [name, shape]))
    expect(shapes).toEqual({
      '0.logits': [3, 4096],
      '0.z.6': [3, 8, 32],
      '0.resid_pre': [8, 3, 256],
      '0.z': [8, 3, 8, 32],
      '1.logits': [4, 4096],
      '1.z.6': [4, 8, 32],
      '1.resid_pre': [8, 4, 256],
      '1.z': [8, 4, 8, 32],
    })
    const { data } = tensorsOf(out).get('1.z')!
    expect(tensorsOf(out).get('1.z.6')!.data).toEqual(data.slice(6 * 4 * 8 * 32, 7 * 4 * 8 * 32))
  })

  test('writes captures layer by layer as PyTorch has them', async () => {
    const g = goldenJson('internals.json') as { ids: number[] }
    const out = at('internals.safetensors')
    await json('run', 'specimen', '--tokens', file('ids.json', g.ids), '--capture', 'pattern,z,attn_out', '--out', out)
    const [mine, theirs] = [tensorsOf(out), tensorsOf(join(golden, 'internals.safetensors'))]
    for (const [name, key, limit] of [
      ['pattern', 'patterns', 5e-5],
      ['z', 'z', 2e-4],
      ['attn_out', 'attn_out', 2e-3],
    ] as const) {
      expect(mine.get(name)!.shape).toEqual(theirs.get(key)!.shape)
      expect(largestDifference(mine.get(name)!.data, theirs.get(key)!.data)).toBeLessThan(limit)
    }
  })

  test('writes sites outside the layers, and the logits once', async () => {
    const out = at('ends.safetensors')
    await json('run', 'specimen', short.text, '--capture', 'embed,final_norm,logits', '--out', out)
    const shapes = Object.fromEntries([...tensorsOf(out)].map(([name, { shape }]) => [name, shape]))
    const T = short.ids.length
    expect(shapes).toEqual({ logits: [T, 4096], embed: [T, 256], final_norm: [T, 256] })
    const theirs = tensorsOf(join(golden, 'logits.safetensors')).get(`logits.${short.name}`)!
    expect(largestDifference(tensorsOf(out).get('logits')!.data, theirs.data)).toBeLessThan(1e-3)
  })

  test('streams what is large as it does what is small', async () => {
    const ids = Array.from({ length: 500 }, (_, i) => (i * 37) % 4096)
    const [long, brief] = [at('long.safetensors'), at('brief.safetensors')]
    const tokens = file('long.json', ids)
    await json('run', 'specimen', '--tokens', tokens, '--capture', 'pattern,scores@3,z', '--out', long)
    await json('run', 'specimen', '--tokens', tokens, '--capture', 'z', '--out', brief)
    expect(largestDifference(tensorsOf(long).get('z')!.data, tensorsOf(brief).get('z')!.data)).toBeLessThan(2e-4)
    const pattern = tensorsOf(long).get('pattern')!
    const rows = pattern.data.length / 500
    for (let r = 0; r < rows; r += 997) {
      const sum = pattern.data.subarray(r * 500, (r + 1) * 500).reduce((s, x) => s + x, 0)
      expect(Math.abs(sum - 1)).toBeLessThan(1e-5)
    }
  })

  test('applies an edits file, whose values may lie beside it', async () => {
    const zero = file('zero.json', [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5, 1] }])
    const clean = await json<Run>('run', 'specimen', short.text)
    const zeroed = await json<Run>('run', 'specimen', short.text, '--edit', zero)
    expect(Math.abs(zeroed.loss - clean.loss)).toBeGreaterThan(1e-4)
    writeFileSync(at('value.safetensors'), zeros('v', 32))
    const value = { file: 'value.safetensors', tensor: 'v' }
    const set = file('set.json', [{ do: 'set', value, at: { site: 'z', layer: 6 }, heads: [5, 1] }])
    expect((await json<Run>('run', 'specimen', short.text, '--edit', set)).loss).toBeCloseTo(zeroed.loss, 6)
  })

  test('prints the graph, as text and for Graphviz', async () => {
    const text = await run(['run', 'specimen', 'Hello', '--print-graph'], { env })
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toMatch(/^# decoder\.7$/m)
    expect(text.stdout).toMatch(/^return logits = %\d+$/m)
    const dot = await run(['run', 'specimen', 'Hello', '--print-graph=dot'], { env })
    expect(dot.stdout).toMatch(/^digraph headwise \{[\s\S]*\}\n$/)
  })

  test('shows people the next tokens and where heads attend', async () => {
    const { stdout } = await run(['run', 'specimen', 'When Tom and Mary went to the market, Tom gave a coin to'], {
      env,
    })
    expect(stdout).toMatch(/^15 tokens, loss \d/)
    expect(stdout).toMatch(/Next token\n {2}" Mary" +█+ +100\.0% +id 1195\n/)
    expect(stdout).toMatch(/From the last position, 14 " to"\n +head +attends to +weight/)
    expect(Math.max(...stdout.split('\n').map(l => [...l].length))).toBeLessThanOrEqual(80)
    // No colour where nobody sees it.
    expect(stdout).not.toContain('\u001b')
  })

  test('tells the in-context gain of a text of 500 tokens', async () => {
    const tokens = file(
      'gain.json',
      Array.from({ length: 500 }, (_, i) => 1 + (i % 90)),
    )
    const { inContextGain } = await json<{ inContextGain: number }>('run', 'specimen', '--tokens', tokens)
    const { stdout } = await run(['run', 'specimen', '--tokens', tokens], { env })
    const said = /^500 tokens, loss [\d.]+ nats per token; in-context gain (-?[\d.]+) nats\n/.exec(stdout)?.[1]
    expect(Math.abs(Number(said) - inContextGain)).toBeLessThan(0.01 * Math.abs(inContextGain))
  })

  test('says so where an edit leaves no finite number', async () => {
    const at = { site: 'resid_pre', layer: 2 }
    const edits = file('huge.json', [
      { do: 'scale', by: 3e38, at },
      { do: 'scale', by: 3e38, at },
    ])
    const { code, stdout, stderr } = await run(['run', 'specimen', short.text, '--edit', edits], { env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^The logits are not finite: .*\.\n$/) })
    expect(stdout).toMatch(/NaN%/)
    expect(stdout).not.toContain('undefined')
  })

  // Below /proc no file can be made, by nobody.
  test.runIf(existsSync('/proc/self')).each(['json', 'safetensors'])(
    'a .%s that cannot be written is a failure without a result',
    async suffix => {
      const ended = await run(['run', 'specimen', 'Hello', '--json', '--out', `/proc/headwise.${suffix}`], { env })
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toMatch(/^headwise: .*\/proc\/headwise\.\w+.* could not be written \(ENOENT\).*\.\n$/)
    },
  )

  test('takes the longest name that the system takes', async () => {
    for (const suffix of ['.json', '.safetensors']) {
      const out = at(`${'n'.repeat(255 - suffix.length)}${suffix}`)
      expect(await run(['run', 'specimen', 'Hello', '--out', out], { env })).toMatchObject({ code: 0 })
      expect(existsSync(out)).toBe(true)
    }
    const long = await run(['run', 'specimen', 'Hello', '--out', at(`${'n'.repeat(251)}.json`)], { env })
    expect(long).toMatchObject({ code: 2, stdout: '' })
  })

  test('writes top tokens as .csv, and replaces a file only when told', async () => {
    const out = at('top.csv')
    const args = ['run', 'specimen', 'Hello', '--out', out]
    expect((await run(args, { env })).code).toBe(0)
    expect(readFileSync(out, 'utf8')).toMatch(/^"prompt","rank","id","token","logprob"\r\n0,1,\d+,/)
    expect((await run(args, { env })).code).toBe(2)
    expect((await run([...args, '--force'], { env })).code).toBe(0)
  })
})

describe('generate', () => {
  const g = (goldenJson('logits.json') as Logits[])[0]!
  const greedy = ['generate', 'specimen', g.text, '--max-tokens', '32', '--ignore-eos']

  test("continues as PyTorch does, as a document and as people's text", async () => {
    const { tokens, text, tokensPerSecond } = await json<{ tokens: number[]; text: string; tokensPerSecond: number }>(
      ...greedy,
    )
    expect(tokens).toEqual([...g.ids, ...g.greedy32])
    expect(tokensPerSecond).toBeGreaterThan(0)
    const human = await run(greedy, { env })
    expect(human.stdout).toBe(`${text}\n`)
    expect(human.stderr).toMatch(/^\d+ tokens in all, [\d.]+ tokens per second\n$/)
  })

  test('ends before a stop text', async () => {
    const { text } = await json<{ text: string }>(...greedy)
    const word = text.split(' ')[4]!
    const stopped = await json<{ text: string }>(...greedy, '--stop', ` ${word}`, '--stop', 'never said')
    expect(stopped.text).toBe(text.slice(0, text.indexOf(` ${word}`)))
  })

  test('one token left by --top-k is the most likely one; at temperature 0 a limit is told to be none', async () => {
    const { tokens } = await json<{ tokens: number[] }>(...greedy)
    const one = await json<{ tokens: number[] }>(...greedy, '--temperature', '1', '--top-k', '1', '--top-p', '0.5')
    expect(one.tokens).toEqual(tokens)
    expect((await run([...greedy, '--top-k', '9'], { env })).stderr).toContain('need --temperature above 0')
  })

  test('draws the same with the same seed, and another way with another', async () => {
    const drawn = (seed: string) =>
      json<{ tokens: number[] }>(...greedy, '--temperature', '1.2', '--top-k', '50', '--seed', seed)
    const first = (await drawn('1')).tokens
    expect((await drawn('1')).tokens).toEqual(first)
    expect((await drawn('2')).tokens).not.toEqual(first)
  })
})

describe('scores', () => {
  const g = goldenJson('head_scores.json') as { ids: number[][] }
  const theirs = tensorsOf(join(golden, 'head_scores.safetensors'))

  test("gives PyTorch's numbers, one grid for one detector and a list for several", async () => {
    const tokens = file('scores.json', g.ids)
    const one = await json<Grid>('scores', 'specimen', '--detector', 'induction', '--tokens', tokens)
    expect(one).toMatchObject({
      kind: 'grid',
      n: 4,
      axes: [
        { name: 'layer', size: 8 },
        { name: 'head', size: 8 },
      ],
    })
    expect(largestDifference(one.values.flat(), theirs.get('diag_induction')!.data)).toBeLessThan(3e-5)
    const names = ['sink', 'previous', 'duplicate', 'entropy']
    const several = await json<Grid[]>('scores', 'specimen', '--detector', names.join(), '--tokens', tokens)
    for (const [i, key] of ['sink', 'diag_previous', 'diag_duplicate', 'entropy'].entries())
      expect(largestDifference(several[i]!.values.flat(), theirs.get(key)!.data)).toBeLessThan(1e-4)
  })

  test('draws its own sequences, by the seed', async () => {
    const a = await json<Grid>('scores', 'specimen', '--detector', 'induction')
    const b = await json<Grid>('scores', 'specimen', '--detector', 'induction', '--seed', '1')
    expect(a.values[6]![5]).toBeGreaterThan(0.9)
    expect(b.values[6]![5]).toBeGreaterThan(0.9)
    expect(b.values).not.toEqual(a.values)
  })
})

describe('ablate', () => {
  const g = goldenJson('ablation.json') as { text: string; ids: number[] }
  const theirs = tensorsOf(join(golden, 'ablation.safetensors'))

  test.each(['zero', 'mean'])("--mode %s gives PyTorch's numbers", async mode => {
    const out = at(`ablation-${mode}.json`)
    const grid = await json<Grid>('ablate', 'specimen', g.text, '--mode', mode, '--out', out)
    expect(grid).toMatchObject({ kind: 'grid', n: 1, higherIsBetter: false, spec: { request: { command: 'ablate' } } })
    expect(largestDifference(grid.values.flat(), theirs.get(`${mode}_delta`)!.data)).toBeLessThan(2e-5)
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(grid)
  })

  test('takes a reference, a task, and says what it costs', async () => {
    const reference = file('reference.json', [
      [0, 5, 6, 7],
      [0, 8, 9],
    ])
    const other = await json<Grid>('ablate', 'specimen', g.text, '--mode', 'mean', '--reference', reference)
    const self = await json<Grid>('ablate', 'specimen', g.text, '--mode', 'mean', '--reference', 'self')
    expect(other.values).not.toEqual(self.values)
    const task = file('task.json', {
      name: 'coins',
      form: 'next',
      metric: 'logit_diff',
      prompts: [
        { text: 'When Tom and Mary went to the market, Tom gave a coin to', answers: [' Mary'], distractors: [' Tom'] },
        { text: 'When Ben and Emma went to the school, Ben gave a book to', answers: [' Emma'], distractors: [' Ben'] },
      ],
    })
    expect(await json<Grid>('ablate', 'specimen', '--task', task)).toMatchObject({ n: 2, higherIsBetter: true })
    const split = { text: 'Tom gave a coin to', answers: [' Mary and Ben'], distractors: [' Tom'] }
    const partly = { ...JSON.parse(readFileSync(task, 'utf8')) }
    const dropping = file('dropping.json', { ...partly, prompts: [...partly.prompts, split] })
    const told = await run(['ablate', 'specimen', '--task', dropping], { env })
    expect(told.stderr).toMatch(/Left out: prompts\[2\]: " Mary and Ben" is 3 tokens, not one\.\n/)
    const price = await json<Record<string, number>>('ablate', 'specimen', '--task', task, '--explain')
    expect(price).toMatchObject({ runs: 128 })
    expect(price.naiveFlops!).toBeGreaterThan(price.flops!)
    for (const field of ['peakBytes', 'seconds']) expect(price[field]!).toBeGreaterThan(0)
  })

  test('--verify computes every run alone and says how far that is', async () => {
    const { code, stderr } = await run(
      ['ablate', 'specimen', 'Tom saw a cat. The cat saw Tom.', '--verify', '--json'],
      { env },
    )
    expect(code).toBe(0)
    expect(stderr).toMatch(/Verified: 16 of 65 runs computed whole.* at most \d/s)
  })
})

describe('rerun', () => {
  test('reproduces a result, and fails on one that was changed', async () => {
    const out = at('rerun.json')
    await json('ablate', 'specimen', 'Tom saw a cat. The cat saw Tom.', '--out', out)
    const again = await json<{ largest: number; tolerance: number }>('rerun', out)
    expect(again.largest).toBeLessThanOrEqual(again.tolerance)
    const grid = JSON.parse(readFileSync(out, 'utf8')) as Grid
    grid.values[2]![3]! += 0.01
    const changed = await run(['rerun', file('changed.json', grid)], { env })
    expect(changed).toMatchObject({ code: 1, stdout: '' })
    expect(changed.stderr).toMatch(/not reproduced.*0\.01.*\[2\]\[3\]/)
  })
})

describe('show, models, cache, doctor', () => {
  test('show draws four maps within 80 columns', async () => {
    const { code, stdout } = await run(['show', 'specimen'], { env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/induction ≤0\.\d+ +previous ≤0\.\d+ +duplicate ≤0\.\d+ +removed ±0\.\d+/)
    const lines = stdout.split('\n')
    expect(lines.filter(l => /^ {3}[0-7] /.test(l))).toHaveLength(8)
    expect(Math.max(...lines.filter(l => !l.includes('headwise')).map(l => [...l].length))).toBeLessThanOrEqual(80)
    expect((await json<Grid[]>('show', 'specimen')).map(g => g.kind)).toEqual(['grid', 'grid', 'grid', 'grid'])
  })

  test('models lists what is at hand and what is known', async () => {
    expect(await json('models')).toMatchObject({
      builtIn: [{ model: 'specimen', layers: 8 }],
      families: [{ family: 'llama' }],
    })
  })

  test('cache lists, and clears one entry or all', async () => {
    const before = await json<{ folder: string; entries: { hash: string }[] }>('cache')
    expect(before).toMatchObject({ folder: env.HEADWISE_CACHE, entries: [{ bytes: expect.any(Number) }] })
    const { hash } = before.entries[0]!
    expect((await json<{ freed: number }>('cache', 'clear', hash.slice(0, 8))).freed).toBeGreaterThan(1e6)
    expect(existsSync(at(`cache/weights/${hash}`))).toBe(false)
    await json('run', 'specimen', 'Hello')
    expect((await json<{ freed: number }>('cache', 'clear', '--all')).freed).toBeGreaterThan(1e6)
    expect(await json('cache', 'list')).toMatchObject({ bytes: 0, entries: [] })
  })

  test('doctor finds a place that works', async () => {
    const { findings } = await json<{ findings: { what: string; state: string }[] }>('doctor')
    expect(findings.find(f => f.what === 'ONNX Runtime')).toMatchObject({ state: 'good' })
    expect(findings.filter(f => f.state === 'failed')).toEqual([])
  })

  test('export writes one file and says so', async () => {
    const out = at('specimen.onnx')
    expect(await json('export', 'specimen', '--out', out)).toMatchObject({ files: [out], edits: 0 })
    expect(existsSync(out)).toBe(true)
  })
})
