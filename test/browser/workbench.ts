import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { products, scoreWords, sumOf } from '../../app/src/marks/edge-words.ts'
import { percent } from '../../app/src/marks/number.ts'
import { FIRST_PROMPT } from '../../app/src/state/state.ts'
import type { Headwise } from '../../src/library/headwise.ts'
import { f32 } from '../../src/words/arrays.ts'
import type { EditInput } from '../../src/words/edit.ts'

export const PROMPT = FIRST_PROMPT
export const COPYING_OFF: EditInput[] = [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5, 1] }]

/** A visitor of the workbench: what they do, and what they see. `node` says what there should be. */
export class Visitor {
  constructor(
    readonly page: Page,
    readonly site: string,
    readonly node: Headwise,
  ) {}

  /** Opens the page, with a state in its address, and waits for its first numbers. */
  async open(state = ''): Promise<void> {
    await this.page.goto(`${this.site}${state}`)
    await expect.poll(() => this.page.locator('[data-after]').count(), { timeout: 60_000 }).toBeGreaterThan(0)
  }

  get address(): string {
    return decodeURIComponent(new URL(this.page.url()).hash)
  }

  head(name: string): Locator {
    return this.page.locator(`[data-head="${name}"]`).first()
  }

  /** The next tokens on the page: their texts without the marks of whitespace, and the numbers shown. */
  async bars(): Promise<Record<string, string>> {
    return await this.page
      .locator('[data-panel=next] ol li')
      .evaluateAll(rows =>
        Object.fromEntries(
          rows.map(row => [
            row.querySelector('.token')?.textContent?.replaceAll('·', ' ') ?? '',
            row.querySelector('[data-after]')?.textContent ?? '',
          ]),
        ),
      )
  }

  /** Waits until the page says what the library says of the three likeliest next tokens. */
  async sees(edits: EditInput[], text = PROMPT): Promise<void> {
    const { document } = await this.node.run(text, { edits })
    const top = 'top' in document ? document.top.slice(0, 3) : []
    const expected = Object.fromEntries(top.map(t => [t.token, percent(Math.exp(t.logprob))]))
    await expect.poll(() => this.bars(), { timeout: 30_000 }).toMatchObject(expected)
  }

  /** Waits until the page says what the library captures of one edge: the sentence, and every number of the table. */
  async seesEdge([layer, head]: readonly [number, number], query: number, key: number, edits: EditInput[] = []) {
    const sites = (['q', 'k', 'scores', 'pattern'] as const).map(site => `${site}@${layer}`)
    const run = await this.node.run(PROMPT, { capture: sites, edits })
    const { heads, headDim, groups } = this.node.config
    const read = (site: string) => run.get(`${site}@${layer}`).data as Float32Array
    const [q, k] = [read('q'), read('k')]
    const time = k.length / (groups * headDim)
    const vector = (of: Float32Array, i: number) => f32([headDim], of.slice(i * headDim, (i + 1) * headDim))
    const cell = (head * time + query) * time + key
    const edge = {
      q: vector(q, query * heads + head),
      k: vector(k, key * groups + Math.floor((head * groups) / heads)),
      scale: 1 / Math.sqrt(headDim),
      score: read('scores')[cell]!,
      share: read('pattern')[cell]!,
    }
    const panel = this.page.locator('[data-panel=query-key]')
    const table = panel.locator('[data-table]')
    await expect.poll(() => panel.locator('[data-score]').textContent(), { timeout: 30_000 }).toBe(scoreWords(edge))
    await table.press('Enter')
    const rows = await panel
      .locator('tbody tr')
      .evaluateAll(all => all.map(r => [...r.querySelectorAll('td')].map(td => td.textContent ?? '')))
    const product = products(edge)
    const expected = [...Array.from(product, (x, i) => [edge.q.data[i]!, edge.k.data[i]!, x]), [sumOf(product)]]
    const shown = rows.map(cells => cells.filter(c => c !== '').map(c => Number(c.replace('−', '-'))))
    expect(shown.map(r => r.length)).toEqual(expected.map(r => r.length))
    // Four digits are shown, and what is near 0 differs between engines in the last of them.
    const off = shown.flatMap((r, i) => r.map((x, j) => Math.abs(x - expected[i]![j]!) / (1 + Math.abs(x))))
    expect(Math.max(...off)).toBeLessThan(6e-4)
    await table.press('Enter')
  }

  /** Where the pointer meets a head: its box has come to rest, and nothing else lies there. */
  async #onto(name: string): Promise<readonly [number, number]> {
    const cell = this.head(name)
    await cell.scrollIntoViewIfNeeded()
    const place = async (): Promise<string> => JSON.stringify(await cell.boundingBox())
    await expect
      .poll(async () => {
        const before = await place()
        await this.page.waitForTimeout(100)
        return before !== 'null' && before === (await place())
      })
      .toBe(true)
    const { x, y } = JSON.parse(await place()) as { x: number; y: number }
    const at = [x + 8, y + 8] as const
    expect(await this.page.evaluate(headUnder, at)).toBe(name)
    return at
  }

  async dragDown(name: string, pixels: number): Promise<void> {
    const [x, y] = await this.#onto(name)
    await this.page.mouse.move(x, y)
    await this.page.mouse.down()
    expect(await this.page.evaluate(headUnder, [x, y] as const)).toBe(name)
    for (let i = 1; i <= 8; i++) await this.page.mouse.move(x, y + (pixels * i) / 8)
    await this.page.mouse.up()
  }
}

/** Runs in the page: the head at a point. */
const headUnder = ([x, y]: readonly [number, number]): string | undefined =>
  document.elementFromPoint(x, y)?.closest<SVGElement>('[data-head]')?.dataset.head

/** What went wrong on a page, without requests that the page itself ended: for a newer question, or by leaving. */
export const failures = (complaints: readonly string[]): string[] =>
  complaints.filter(c => !c.endsWith('net::ERR_ABORTED'))
