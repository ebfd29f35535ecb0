import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { start } from '../server/support.ts'
import { COPYING_OFF, eventually, PROMPT, Visitor, visits } from './workbench.ts'

const root = join(import.meta.dirname, '../..')

let app = ''
const visit = visits({
  reducedMotion: 'no-preference',
  host: async () => {
    app = mkdtempSync(join(tmpdir(), 'headwise-app-'))
    await build({ configFile: join(root, 'app/vite.config.ts'), logLevel: 'error', build: { outDir: app } })
    const server = await start({ app: pathToFileURL(app) })
    return {
      address: server.url,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        rmSync(app, { recursive: true, force: true })
      },
    }
  },
})

test('the server’s page does what the static one does: type, drag, patch, undo, reload', async () => {
  const { page, visitor } = visit
  await visitor.open()
  await visitor.sees([])
  await visitor.dragDown('6.5', 120)
  await visitor.head('6.1').click()
  await page.keyboard.press('0')
  await visitor.sees(COPYING_OFF)
  await page.reload()
  await visitor.sees(COPYING_OFF)
  await page.getByRole('button', { name: 'remove all' }).click()
  await visitor.head('4.7').click()
  await page.getByRole('button', { name: 'patch…' }).click()
  const other = 'One day Lily found a red key. Ben lost the shiny'
  const form = page.getByLabel('prompt to take the head’s output from')
  await form.fill(`${other} thing`)
  await page.getByText('both must be equally long').waitFor()
  await form.fill(other)
  await page.getByRole('button', { name: 'take its output from there' }).click()
  await visitor.sees([{ do: 'patch', at: { site: 'z', layer: 4 }, heads: [7], prompt: other }])
  await page.keyboard.press('u')
  await visitor.sees([])
  await page.locator('[data-prompt]').fill(`${PROMPT} key. Lily`)
  await visitor.sees([], `${PROMPT} key. Lily`)
})

test('a server that does not answer is told of where its answer would stand, and what is asked later is answered', async () => {
  const { page, visitor, context } = visit
  await visitor.open()
  await visitor.sees([])
  await context.setOffline(true)
  await visitor.dragDown('6.5', 120)
  await expect
    .poll(() => visitor.panel('next').getByRole('alert').textContent(), { timeout: 30_000 })
    .toContain('The server does not answer; start it again with `headwise serve` and try again.')
  await context.setOffline(false)
  await page.keyboard.press('u')
  await page.keyboard.press('U')
  await visitor.sees([{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }])
  expect(await visitor.panel('next').getByRole('alert').count()).toBe(0)
  // The browser tells of what it could not reach.
  visit.wrong.length = 0
})

test('q, k, score and share of an edge are the library’s, from the server’s engine as well', async () => {
  const { page, visitor } = visit
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction&edit=z:4.7*0.5`)
  await page.locator('[data-matrix="6.5"]').press('ArrowLeft')
  await visitor.seesEdge([6, 5], 12, 11, [{ do: 'scale', by: 0.5, at: { site: 'z', layer: 4 }, heads: [7] }])
})

test('the edited model, and the map as a figure with its spec, can be taken along', async () => {
  const { page, visitor } = visit
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction&edit=z:6.5*0`)
  await page.getByText('attention only').waitFor()
  const [figure] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'svg' }).first().click(),
  ])
  const svg = readFileSync(await figure.path(), 'utf8')
  expect(svg).toMatch(/^<svg /)
  expect(svg).toContain('headwise-spec')
  const [model] = await Promise.all([
    page.waitForEvent('download', { timeout: 60_000 }),
    page.getByRole('button', { name: '.onnx' }).click(),
  ])
  expect(model.suggestedFilename()).toBe('specimen.onnx')
  expect(readFileSync(await model.path()).length).toBeGreaterThan(2 ** 22)
  await page.getByRole('button', { name: 'command' }).click()
  expect(await page.locator('[data-panel=share] pre').textContent()).toContain(
    `headwise run specimen --edit edits.json '${PROMPT}'`,
  )
})

test('a browser that allows no storage shows the page all the same', async () => {
  const { page, visitor } = visit
  await page.addInitScript(() => {
    Object.defineProperty(window, 'sessionStorage', {
      get() {
        throw new DOMException('denied', 'SecurityError')
      },
    })
  })
  await visitor.open()
  await visitor.sees([])
})

test('a server that was started anew goes on where the page is, at one press', async () => {
  const { page, visitor, wrong } = visit
  const first = await start({ app: pathToFileURL(app) })
  const there = new Visitor(page, first.url, visitor.node)
  await there.open()
  await there.sees([])
  await first[Symbol.asyncDispose]()
  await page.keyboard.press('0')
  const again = page.locator('[data-panel=next]').getByRole('button', { name: 'try again' })
  await again.waitFor()
  await using _second = await start({ app: pathToFileURL(app), port: first.port })
  await again.click()
  await there.sees([{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }])
  await eventually(() => page.getByRole('alert').count()).toBe(0)
  await page.close()
  wrong.length = 0
})
