import type { Tokenizer } from '../text/tokenizer.ts'
import type { Pass, Run } from '../words/run.ts'
import { BAR_COLOR } from './terminal/scale.ts'
import { bold, dim, inColor, type Style } from './terminal/style.ts'
import { bar, table } from './terminal/table.ts'
import { cut, padEnd, padStart, quoted, widthOf } from './terminal/text.ts'
import { count, number } from './terminal/units.ts'

const LONGEST_TOKEN = 24
const BAR = 30

/** A run for people: the next tokens with bars, and which heads attend where from the last position. */
export function runView(document: Run, tokenizer: Tokenizer, style: Style): string {
  if (!('runs' in document)) return `${passView(document, tokenizer, style)}\n`
  const parts = document.runs.map((p, i) => `${bold(style, `Prompt ${i}`)}  ${passView(p, tokenizer, style)}`)
  const mean = document.loss === null ? '' : `\nmean loss ${number(document.loss)} nats per token\n`
  return `${parts.join('\n\n')}\n${mean}`
}

function passView(pass: Pass, tokenizer: Tokenizer, style: Style): string {
  const loss = pass.loss === null ? '' : `, loss ${number(pass.loss)} nats per token`
  const gain = pass.inContextGain === undefined ? '' : `; in-context gain ${number(pass.inContextGain)} nats`
  return [
    `${count(pass.tokens.length, 'token')}${loss}${gain}`,
    '',
    bold(style, 'Next token'),
    topTokens(pass, style),
    ...(pass.heads && pass.tokens.length > 2 ? ['', ...attended(pass, pass.heads, tokenizer, style)] : []),
  ].join('\n')
}

function topTokens({ top }: Pass, style: Style): string {
  const texts = top.map(t => cut(quoted(t.token), LONGEST_TOKEN))
  const width = Math.max(...texts.map(widthOf))
  const length = Math.min(BAR, style.columns - width - 24)
  return top
    .map(({ id, logprob }, i) => {
      const share = Math.exp(logprob)
      const percent = padStart(share < 5e-5 ? '<0.01%' : `${(100 * share).toFixed(share < 0.1 ? 2 : 1)}%`, 6)
      const drawn = inColor(style, BAR_COLOR, padEnd(bar(share, length), length))
      return `  ${padEnd(texts[i]!, width)}  ${drawn}  ${percent}  ${dim(style, `id ${id}`)}`
    })
    .join('\n')
}

function attended({ tokens }: Pass, heads: NonNullable<Pass['heads']>, tokenizer: Tokenizer, style: Style): string[] {
  const last = tokens.length - 1
  const from = `From the last position, ${last} ${quoted(tokenizer.tokenText(tokens[last]!))}`
  if (heads.length === 0)
    return [dim(style, `${from}, no head attends much to a single token between the first and the last.`)]
  const rows = heads.map(({ layer, head, key, token, weight }) => [
    `${layer}.${head}`,
    String(key),
    cut(quoted(token), LONGEST_TOKEN),
    weight.toFixed(2),
    inColor(style, BAR_COLOR, bar(weight, 20)),
  ])
  return [
    bold(style, from),
    table(
      [
        { title: 'head', right: true },
        { title: 'attends to', right: true },
        { title: '' },
        { title: 'weight', right: true },
        { title: '' },
      ],
      rows,
      style,
      '  ',
    ),
  ]
}
