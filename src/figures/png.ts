import { crc32 } from 'node:zlib'
import type { Resvg } from '@resvg/resvg-js'
import { HeadwiseError } from '../words/error.ts'
import { metadataText, SPEC_ID } from './embed.ts'
import { element, escapeXml, FAMILIES, MONO, SANS, text } from './svg.ts'

/** More pixels on a side than most programs open. */
const MOST = 16_384

/**
 * A figure of `gridFigure` as PNG, twice as wide as its SVG unless `width` says otherwise, with its specs in a text
 * chunk. Texts are set in the fonts of the machine. Throws `figure-fonts` where there are none: the picture would have
 * no words.
 */
export async function png(svg: string, { width }: { readonly width?: number } = {}): Promise<Uint8Array> {
  const { Resvg: Renderer } = await import('@resvg/resvg-js')
  const [sans, mono] = [installed(Renderer, FAMILIES.sans), installed(Renderer, FAMILIES.mono)]
  // The renderer takes the first family of a list, there or not.
  const set = svg.replaceAll(escapeXml(SANS), sans).replaceAll(escapeXml(MONO), mono)
  const sized = new Renderer(set)
  const value = Math.min(width ?? 2 * sized.width, MOST, Math.floor((MOST * sized.width) / sized.height))
  const image = new Renderer(set, { fitTo: { mode: 'width', value } }).render().asPng()
  const specs = metadataText(svg)
  return specs === undefined ? image : withText(image, SPEC_ID, specs)
}

/**
 * The first of the families that the machine has: letters in it have other outlines than in a family that nobody has,
 * which the renderer replaces by any font. Without one of them that replacement serves.
 */
function installed(Renderer: typeof Resvg, families: readonly string[]): string {
  const nobodys = 'No Such Family'
  const samples = [nobodys, ...families].map((family, i) =>
    element('g', { id: `family-${i}` }, text(0, 9, 'iMg0', { 'font-family': family })),
  )
  const tree = new Renderer(
    element('svg', { xmlns: 'http://www.w3.org/2000/svg', width: 9, height: 9 }, samples.join('')),
  )
  const [, nobody, ...outlines] = tree
    .toString()
    .split(/id="family-\d+"/)
    .map(part => / d="[^"]+"/.exec(part)?.[0])
  if (nobody === undefined)
    throw new HeadwiseError(
      'This machine has no fonts, so a PNG would have no words; write .svg, or install a font such as DejaVu.',
      { code: 'figure-fonts', fault: 'failed', where: 'fonts', found: 0, allowed: '1 or more' },
    )
  return families.find((_, i) => outlines[i] !== undefined && outlines[i] !== nobody) ?? nobodys
}

const HEADER = 33

/** Puts an uncompressed international text (iTXt) behind the image's header. PNG specification, §11.3.3.4. */
function withText(image: Uint8Array, keyword: string, content: string): Uint8Array {
  const bytes = new TextEncoder()
  const data = Buffer.concat([bytes.encode(`iTXt${keyword}`), Buffer.alloc(5), bytes.encode(content)])
  const chunk = Buffer.alloc(data.length + 8)
  chunk.writeUInt32BE(data.length - 4, 0)
  chunk.set(data, 4)
  chunk.writeUInt32BE(crc32(data), data.length + 4)
  return Buffer.concat([image.subarray(0, HEADER), chunk, image.subarray(HEADER)])
}
