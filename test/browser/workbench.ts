import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { percent } from '../../app/src/marks/number.ts'
import { FIRST_PROMPT } from '../../app/src/state/state.ts'
import type { Headwise } from '../../src/library/headwise.ts'
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

  async dragDown(name: string, pixels: number): Promise<void> {
    const box = await this.head(name).boundingBox()
    const [x, y] = [box!.x + 8, box!.y + 8]
    await this.page.mouse.move(x, y)
    await this.page.mouse.down()
    for (let i = 1; i <= 8; i++) await this.page.mouse.move(x, y + (pixels * i) / 8)
    await this.page.mouse.up()
  }
}

/** What went wrong on a page, without requests that the page itself ended: for a newer question, or by leaving. */
export const failures = (complaints: readonly string[]): string[] =>
  complaints.filter(c => !c.endsWith('net::ERR_ABORTED'))
