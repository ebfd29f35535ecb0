import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { FAMILIES } from '../support/cases.ts'
import '../support/allclose.ts'
import type { Plain } from './fixture/direct.ts'
import { arrayOf, launch, type Site, serve } from './support.ts'

let browser: Browser
let site: Site
beforeAll(async () => {
  browser = await launch()
  site = await serve(inject('enginePage'))
})
afterAll(async () => {
  await browser.close()
  await site[Symbol.asyncDispose]()
})

const SEED = 20261122

/**
 * WebGPU's language promises nothing where the result is no number, and the runtime's kernels take no array without
 * cells there; the models' graphs hold neither.
 */
const promised = ({ data }: Plain): boolean => data.length > 0 && !data.some(Number.isNaN)

describe.for(['wasm', 'webgpu'] as const)('%s in Chromium computes what the reference computes', device => {
  let page: Page
  beforeAll(async () => {
    page = await browser.newPage()
    await page.goto(`${site.address}direct.html`)
  })
  afterAll(async () => await page.close())

  test.for(Object.entries(FAMILIES))('%s', async ([name, { tolerance }]) => {
    const o = { seed: SEED, numRuns: device === 'wasm' ? 12 : 6, filled: device === 'webgpu' }
    const pairs = await page.evaluate(([d, n, runs]) => globalThis.page.cases(d, n, runs), [device, name, o] as const)
    expect(pairs).toHaveLength(o.numRuns)
    for (const [found, expected] of pairs)
      if (device === 'wasm' || promised(expected)) expect(arrayOf(found)).toBeAllclose(arrayOf(expected), tolerance)
  })
})
