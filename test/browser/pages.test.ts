import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { complaints, launch, serve } from './support.ts'

const folder = inject('workbenchPages')
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter(f => f.isFile())
  .map(f => join(f.parentPath, f.name).slice(folder.length + 1))

test('files that a browser may keep for ever have names that change with their contents', () => {
  const plain = files.filter(f => !/-[\w-]{8,12}\.(js|css|json|wasm|safetensors)$/.test(f))
  expect(plain.sort()).toEqual(['icon.svg', 'index.html'])
})

test('nothing that a visitor does not need is published', () => {
  expect(files.filter(f => /\.(map|ts|svelte|gguf|md)$/.test(f))).toEqual([])
  expect(files.filter(f => f.startsWith('engine/')).length).toBe(7)
})

test('the page names its files relative to itself', () => {
  const html = readFileSync(join(folder, 'index.html'), 'utf8')
  const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(m => m[1]!)
  expect(named.length).toBeGreaterThan(1)
  expect(named.filter(n => !n.startsWith('./') && !n.startsWith('data:'))).toEqual([])
})

test('from any folder of a plain host the workbench starts, and asks nobody else', async () => {
  await using site = await serve(folder, { under: '/someone/headwise/' })
  const browser = await launch()
  const context = await browser.newContext()
  const told = complaints(context)
  const outside: string[] = []
  context.on('request', r => {
    if (!r.url().startsWith(site.address) && !r.url().startsWith('data:')) outside.push(r.url())
  })
  const page = await context.newPage()
  await page.goto(site.address)
  await expect.poll(() => site.requests.filter(r => r.endsWith('.safetensors')).length, { timeout: 30_000 }).toBe(1)
  await page.waitForLoadState('networkidle')
  expect(outside).toEqual([])
  expect(told).toEqual([])
  await browser.close()
})
