import { z } from 'zod'
import { parseStrictJson } from '../checkpoint/strict-json.ts'
import { MAX_RESULT_BYTES } from '../results/document.ts'
import { validate } from '../results/issue.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Spec, specSchema } from '../words/spec.ts'
import { metadataText, SPEC_ID } from './embed.ts'

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const MAX_DEPTH = 64

/**
 * The specs inside a figure (SVG, HTML or PNG) that `gridFigure` made, one for each grid in it. Throws `figure-spec`
 * when there are none, and says where one is not what a spec is. `file` is for the error's sentence.
 */
export function specOfFigure(figure: Uint8Array, file = 'figure'): Spec[] {
  const isPng = PNG.every((b, i) => figure[i] === b)
  const text = isPng ? pngText(figure) : metadataText(new TextDecoder().decode(figure))
  if (text === undefined)
    throw new HeadwiseError(`${file} holds no spec: it is no figure of headwise, or its metadata was taken out.`, {
      code: 'figure-spec',
      file,
      where: SPEC_ID,
      found: 'nothing',
      allowed: 'an SVG, HTML or PNG file written by --out',
    })
  const value = parseStrictJson(text, { file, maxBytes: MAX_RESULT_BYTES, maxDepth: MAX_DEPTH })
  return validate(z.array(specSchema).min(1), value, { file, root: 'specs', code: 'figure-spec' })
}

/** The text of the chunk with our keyword; every length is compared with the bytes that are there. */
function pngText(image: Uint8Array): string | undefined {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const utf8 = new TextDecoder()
  for (let at = PNG.length; at + 12 <= image.length; ) {
    const length = view.getUint32(at)
    const data = image.subarray(at + 8, at + 8 + length)
    if (data.length < length) return undefined
    const prefix = `${SPEC_ID}\0`
    const isOurs =
      utf8.decode(image.subarray(at + 4, at + 8)) === 'iTXt' && utf8.decode(data.subarray(0, prefix.length)) === prefix
    // Behind the keyword: two bytes that say that nothing is compressed, and two empty names of languages.
    if (isOurs) return utf8.decode(data.subarray(prefix.length + 4))
    at += 12 + length
  }
  return undefined
}
