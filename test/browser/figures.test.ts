import { Resvg } from '@resvg/resvg-js'
import { expect, test } from 'vitest'
import { gridFigure } from '../../src/figures/figure.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { EditInput } from '../../src/words/edit.ts'
import type { Spec } from '../../src/words/spec.ts'
import { PROMPT, visits } from './workbench.ts'

/** As the page writes them: a line for each head. */
const OFF: EditInput[] = [5, 1].map(head => ({ do: 'zero', at: { site: 'z', layer: 6 }, heads: [head] }))

const visit = visits()

/** What decides the numbers, without what computed them. */
const asked = ({ request: { device: _d, threads: _t, budget: _b, ...request }, check }: Spec) => ({
  ...request,
  hashes: [check.modelHash, check.tokenizerHash, check.promptsHash],
})
const words = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(m => m[1]!)

test('every figure of the page is saved with the spec of what it shows', async () => {
  const { visitor, node } = visit
  await visitor.open(`#specimen/${PROMPT}?head=6.1&score=induction&edit=z:6.5*0,z:6.1*0`)
  await visitor.sees(OFF)
  const specs: Record<string, Spec> = {}
  for (const panel of ['map', 'text', 'pattern', 'query-key', 'next', 'metric']) {
    const svg = await visitor.saved(panel)
    // Another program's strict reading.
    new Resvg(svg.toString())
    const [spec, ...others] = specOfFigure(svg)
    // The vectors, their product and the values are three charts of one pass.
    expect({ panel, others }).toEqual({ panel, others: panel === 'query-key' ? [spec, spec] : [] })
    specs[panel] = spec!
  }
  // The library's own specs of the same: one of a sweep, one of a pass, and one of a pass with what was captured of it.
  const [scores] = await node.scores(['induction'])
  const pass = await node.run(PROMPT, { edits: OFF })
  const [pattern] = await node.patterns(PROMPT, { edits: OFF, heads: [{ layer: 6, head: 1 }] })
  const edge = await node.run(PROMPT, {
    edits: OFF,
    capture: ['q', 'k', 'scores', 'pattern', 'v', 'z'].map(site => `${site}@6`),
  })
  const specsOf = [scores!.spec, pass.document.spec, pattern!.spec, edge.document.spec]
  const [scored, plain, captured, vectors] = specsOf.map(asked)
  const all = Object.fromEntries(Object.entries(specs).map(([panel, spec]) => [panel, asked(spec)]))
  expect(all).toEqual({
    ...{ map: scored, text: captured, pattern: captured, 'query-key': vectors, next: plain, metric: plain },
  })
  // The library draws the same pattern.
  const drawn = words((await visitor.saved('pattern')).toString())
  expect(drawn).toEqual(words(gridFigure(pattern!, { max: 1 })))
  expect((await visitor.saved('next', 'png')).subarray(1, 4).toString()).toBe('PNG')
})

test('what was measured for the page alone is saved with a spec too', async () => {
  const { page, visitor } = visit
  await visitor.open(`#specimen/${PROMPT}?head=4.7&score=ablate-next&edit=z:6.5*0`)
  const [spec] = specOfFigure(await visitor.saved('map'))
  expect(spec!.request).toMatchObject({ command: 'ablate', task: { prompts: [{ text: PROMPT, answers: [' key'] }] } })
  await page.getByLabel('score', { exact: true }).selectOption('changes')
  await expect
    .poll(() => page.locator('[data-panel=map]').getByRole('button', { name: 'svg', exact: true }).isEnabled())
    .toBe(true)
  const [changes] = specOfFigure(await visitor.saved('map'))
  expect(changes!.request).toMatchObject({ command: 'run', edits: [{ do: 'zero' }] })
})
