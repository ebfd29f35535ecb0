import { readFileSync } from 'node:fs'
import axe, { type AxeResults } from 'axe-core'
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from 'vitest'
import { lengthOf, moved, movedWords, products, scoreWords, sumOf } from '../../app/src/marks/edge-words.ts'
import { percent } from '../../app/src/marks/number.ts'
import { FIRST_PROMPT } from '../../app/src/state/state.ts'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import { f32 } from '../../src/words/arrays.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { complaints, launch, serve } from './support.ts'

export const PROMPT = FIRST_PROMPT
export const COPYING_OFF: EditInput[] = [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5, 1] }]

/** Polls longer than a busy machine takes. */
export const eventually = <T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> =>
  expect.poll(read, { timeout: 30_000 })

/** What the tests of one file share, and what each of them has for itself. */
export interface Visit {
  readonly browser: Browser
  /** The page's address, with a slash at its end. */
  readonly site: string
  /** The specimen in this process: what there should be on the page. */
  readonly node: Headwise
  readonly context: BrowserContext
  readonly page: Page
  readonly visitor: Visitor
  /** What went wrong in the test's pages so far; a test that provokes it empties the list. */
  readonly wrong: string[]
}
export interface VisitOptions extends BrowserContextOptions {
  /** Another host than that of the static build. */
  readonly host?: () => Promise<AsyncDisposable & { readonly address: string }>
}

/**
 * Opens a browser, the static build and the specimen for the tests of a file, and a context with one page for each of
 * them: 1280 × 800 without motion unless the options say otherwise. No page may complain.
 */
export function visits({ host = () => serve(inject('workbenchPages')), ...options }: VisitOptions = {}): Visit {
  const visit = {} as { -readonly [K in keyof Visit]: Visit[K] }
  const close: AsyncDisposable[] = []
  beforeAll(async () => {
    visit.browser = await launch()
    const [site, node] = await Promise.all([host(), load('specimen')])
    close.push(site, node)
    Object.assign(visit, { site: site.address, node })
  })
  afterAll(async () => {
    await visit.browser?.close()
    for (const opened of close) await opened[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    const { browser, site, node } = visit
    visit.context = await browser.newContext({
      ...{ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' },
      ...options,
    })
    visit.wrong = complaints(visit.context)
    visit.page = await visit.context.newPage()
    visit.visitor = new Visitor(visit.page, site, node)
  })
  afterEach(async () => {
    await visit.context.close()
    expect(failures(visit.wrong)).toEqual([])
  })
  return visit
}

/** The workbench's questions to an engine of this process: a second route to what the page shows. */
export const serviceOf = (node: Headwise): Service =>
  new Service(node, { name: 'specimen', specimen: true, notice: '', version: '0', budget: 2 ** 28 })

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

  panel(id: string): Locator {
    return this.page.locator(`[data-panel=${id}]`)
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
    const sites = (['q', 'k', 'v', 'z', 'scores', 'pattern'] as const).map(site => `${site}@${layer}`)
    const run = await this.node.run(PROMPT, { capture: sites, edits })
    const { heads, headDim, groups } = this.node.config
    const read = (site: string) => run.get(`${site}@${layer}`).data as Float32Array
    const [q, k, v, z] = [read('q'), read('k'), read('v'), read('z')]
    const time = k.length / (groups * headDim)
    const vector = (of: Float32Array, i: number) => f32([headDim], of.slice(i * headDim, (i + 1) * headDim))
    const cell = (head * time + query) * time + key
    const group = Math.floor((head * groups) / heads)
    const row = read('pattern').subarray(cell - key, cell - key + query + 1)
    const mixed = Float32Array.from({ length: headDim }, (_, d) =>
      row.reduce((s, share, at) => s + share * v[(at * groups + group) * headDim + d]!, 0),
    )
    const edge = {
      q: vector(q, query * heads + head),
      k: vector(k, key * groups + group),
      v: vector(v, key * groups + group),
      mixed: f32([headDim], mixed),
      z: vector(z, query * heads + head),
      scale: 1 / Math.sqrt(headDim),
      score: read('scores')[cell]!,
      share: read('pattern')[cell]!,
    }
    const panel = this.page.locator('[data-panel=query-key]')
    const table = panel.locator('[data-table]')
    await expect.poll(() => panel.locator('[data-score]').textContent(), { timeout: 30_000 }).toBe(scoreWords(edge))
    expect(await panel.locator('[data-moved]').textContent()).toBe(movedWords(edge))
    await table.press('Enter')
    const rows = await panel
      .locator('tbody tr')
      .evaluateAll(all => all.map(r => [...r.querySelectorAll('td')].map(td => td.textContent ?? '')))
    const product = products(edge)
    const columns = [edge.q.data, edge.k.data, product, edge.v.data, moved(edge), edge.z.data]
    const lengths = columns.filter(c => c !== product).map(lengthOf)
    const expected = [...Array.from(product, (_, i) => columns.map(c => c[i]!)), [sumOf(product)], lengths]
    const shown = rows.map(cells => cells.filter(c => c !== '').map(c => Number(c.replace('−', '-'))))
    expect(shown.map(r => r.length)).toEqual(expected.map(r => r.length))
    // Four digits are shown, and what is near 0 differs between engines in the last of them.
    const off = shown.flatMap((r, i) => r.map((x, j) => Math.abs(x - expected[i]![j]!) / (1 + Math.abs(x))))
    expect(Math.max(...off)).toBeLessThan(6e-4)
    await table.press('Enter')
  }

  /** The file that a click on a panel's button hands over. */
  async saved(panel: string, kind: 'svg' | 'png' = 'svg'): Promise<Buffer> {
    const download = this.page.waitForEvent('download', { timeout: 60_000 })
    await this.panel(panel).getByRole('button', { name: kind, exact: true }).click()
    return readFileSync(await (await download).path())
  }

  /** What axe-core finds wrong, rule by rule; and whether the page is wider than the window. */
  async faults(): Promise<string[]> {
    await this.page.evaluate(axe.source)
    return await this.page.evaluate(async () => {
      const { violations } = await (globalThis as never as { axe: { run(): Promise<AxeResults> } }).axe.run()
      const found = violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`)
      const { scrollWidth } = document.documentElement
      return scrollWidth > innerWidth ? [...found, `the page is ${scrollWidth} px wide`] : found
    })
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
const failures = (complaints: readonly string[]): string[] => complaints.filter(c => !c.endsWith('net::ERR_ABORTED'))
