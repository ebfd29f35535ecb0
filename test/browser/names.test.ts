import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { root, start } from '../cli/support.ts'
import { freePort } from '../support/free-port.ts'
import { complaints, launch } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'headwise-names-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Item 100: the name of a model is what its folder is called. */
test('a model whose name is markup is shown by that name, and nothing of it runs', async () => {
  const name = '<img src=x onerror=window.hurt=1><script>window.hurt=2<'
  mkdirSync(join(folder, name))
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'])
    cpSync(join(root, 'models/specimen', file), join(folder, name, file))
  const port = await freePort()
  const server = start(['serve', join(folder, name), '--port', String(port), '--no-open'], {
    waiting: true,
    env: { HEADWISE_CACHE: join(folder, 'cache') },
  })
  await server.seen('stdout', /^http:.*\n/)
  const browser = await launch()
  try {
    const context = await browser.newContext()
    const wrong = complaints(context)
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    await page.getByText(name).first().waitFor({ timeout: 30_000 })
    await page.locator('[data-panel=next] [data-after]').first().waitFor()
    expect(await page.evaluate(() => 'hurt' in window)).toBe(false)
    expect(await page.locator('img[src=x]').count()).toBe(0)
    expect(wrong).toEqual([])
  } finally {
    await browser.close()
    server.kill('SIGINT')
    await server.ended
  }
})
