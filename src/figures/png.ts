import { crc32 } from 'node:zlib'
import { HeadwiseError } from '../words/error.ts'
import { metadataText, SPEC_ID } from './embed.ts'

const PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="8">0</text></svg>'
/** The fonts behind the names that a figure falls back on. */
const FONTS = { defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans', monospaceFamily: 'DejaVu Sans Mono' }
/** More pixels on a side than most programs open. */
const MOST = 16_384

/**
 * A figure of `gridFigure` as PNG, twice as wide as its SVG unless `width` says otherwise, with its specs in a text
 * chunk. Texts are set in the fonts of the machine. Throws `figure-fonts` where there are none: the picture would have
 * no words.
 */
export async function png(svg: string, { width }: { readonly width?: number } = {}): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js')
  if (new Resvg(PROBE, { font: FONTS }).innerBBox() === undefined)
    throw new HeadwiseError(
      'This machine has no fonts, so a PNG would have no words; write .svg, or install a font such as DejaVu.',
      { code: 'figure-fonts', fault: 'failed', where: 'fonts', found: 0, allowed: '1 or more' },
    )
  const sized = new Resvg(svg)
  const value = Math.min(width ?? 2 * sized.width, MOST, Math.floor((MOST * sized.width) / sized.height))
  const image = new Resvg(svg, { font: FONTS, fitTo: { mode: 'width', value } }).render().asPng()
  const text = metadataText(svg)
  return text === undefined ? image : withText(image, SPEC_ID, text)
}

const HEADER = 33

/** Puts an uncompressed international text (iTXt) behind the image's header. PNG specification, §11.3.3.4. */
function withText(image: Uint8Array, keyword: string, text: string): Uint8Array {
  const bytes = new TextEncoder()
  const data = Buffer.concat([bytes.encode(`iTXt${keyword}`), Buffer.alloc(5), bytes.encode(text)])
  const chunk = Buffer.alloc(data.length + 8)
  chunk.writeUInt32BE(data.length - 4, 0)
  chunk.set(data, 4)
  chunk.writeUInt32BE(crc32(data), data.length + 4)
  return Buffer.concat([image.subarray(0, HEADER), chunk, image.subarray(HEADER)])
}
