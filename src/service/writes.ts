import { normScale } from '../causal/direct-effect.ts'
import { type HeadOutput, vocabularyEffects } from '../causal/vocabulary-effect.ts'
import { topTokens } from '../runs/unembed.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { Pass } from './pass.ts'
import type { Checked, WritesResult } from './verbs.ts'
import { checkHeads, checkPosition } from './view.ts'

/** What heads write at one position of a pass with its edits, read through the unembedding. */
export async function headWrites(
  tokenizer: Tokenizer,
  pass: Pass,
  { heads, position, top }: Pick<Checked<'writes'>, 'heads' | 'position' | 'top'>,
  signal: AbortSignal | undefined,
): Promise<WritesResult> {
  const { engine } = pass
  const { layers, heads: perLayer, headDim, dim, normEps } = engine.config
  checkHeads(pass, heads)
  checkPosition(pass, position, 'position')
  const outputs: HeadOutput[] = []
  for (const [i, { layer, head }] of heads.entries()) {
    if (heads.findIndex(h => h.layer === layer && h.head === head) < i) continue
    const { data } = await pass.z(layer, signal)
    const from = (position * perLayer + head) * headDim
    outputs.push({ layer, head, z: data.subarray(from, from + headDim) })
  }
  const last = (await pass.residual(layers, signal)).subarray(position * dim, (position + 1) * dim)
  const effects = await vocabularyEffects(engine, outputs, normScale(last, normEps), signal)
  const side = (sign: 1 | -1) =>
    topTokens(
      effects.map(x => sign * x),
      top,
    )
      .map(({ id }) => ({ id, text: tokenizer.tokenText(id), logits: effects[id]! }))
      .filter(({ logits }) => sign * logits > 0)
  const mean = effects.reduce((s, x) => s + x, 0) / effects.length
  return { raises: side(1), lowers: side(-1), mean }
}
