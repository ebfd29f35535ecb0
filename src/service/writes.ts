import { checkBehind, checkComponent, componentWrites, pointsOfComponent } from '../attribution/component-writes.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { isTail, type Point, point, pointKey, type Site } from '../words/site.ts'
import type { Pass } from './pass.ts'
import { owner, type Rows } from './rows.ts'
import type { Checked, WritesResult } from './verbs.ts'
import { checkPosition } from './view.ts'

/** What is read of a layer whose values no pass keeps: always the same, so that one graph serves every question. */
const READ = ['resid_pre', 'z', 'resid_mid', 'mlp_act', 'mlp_out', 'resid_post'] as const satisfies Site[]

/** The values at one position: from what the pass keeps, else from the rows of their layer. */
async function valuesAt(
  rows: Rows,
  pass: Pass,
  points: readonly Point[],
  position: number,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Float32Array>> {
  const { layers } = pass.engine.config
  const time = pass.ids.length
  const values = new Map<string, Float32Array>()
  const put = (at: Point, data: Float32Array, count: number, row: number) => {
    const width = data.length / count
    values.set(pointKey(at), data.subarray(row * width, (row + 1) * width))
  }
  for (const at of points) {
    const { site, layer } = at
    if (site === 'resid_post' && (pass.short || layer === layers - 1))
      put(at, await pass.residual(layer + 1, signal), time, position)
    else if (site === 'z' && pass.short) put(at, (await pass.z(layer, signal)).data, time, position)
    else if (!values.has(pointKey(at))) {
      const want = READ.map(s => point(s, layer))
      const [start, count] = pass.short ? [0, time] : [position, 1]
      const out = await rows.read(owner(pass, layer), layer, [start, count], want, signal)
      for (const p of want) put(p, out.get(pointKey(p))!.data, count, position - start)
    }
  }
  return values
}

/** What a component writes at one position of a pass with its edits, read through the unembedding. */
export async function writesOf(
  tokenizer: Tokenizer,
  rows: Rows,
  pass: Pass,
  { of, position, top }: Pick<Checked<'writes'>, 'of' | 'position' | 'top'>,
  signal: AbortSignal | undefined,
): Promise<WritesResult> {
  const { engine, edits } = pass
  checkComponent(of, engine.config)
  checkBehind(
    of,
    edits.map(e => e.edit),
  )
  checkPosition(pass, position, 'position')
  const values = await valuesAt(rows, pass, pointsOfComponent(of, engine.config.layers), position, signal)
  const at = (p: Point) => values.get(pointKey(p))!
  return await componentWrites(engine, tokenizer, of, { at, tail: pass.lower(isTail, position, 1) }, top, signal)
}
