/** A fenced block of a page. `line` is that of its opening fence, from 1. */
export interface Block {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a markdown page, in order. */
export function blocksOf(page: string, markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { line: number; language: string; lines: string[] } | undefined
  for (const [i, line] of markdown.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line)
    if (!fence) open?.lines.push(line)
    else if (open) {
      blocks.push({ page, line: open.line, language: open.language, text: `${open.lines.join('\n')}\n` })
      open = undefined
    } else open = { line: i + 1, language: fence[1]!.trim(), lines: [] }
  }
  if (open) throw new RangeError(`${page}:${open.line}: the block has no end`)
  return blocks
}

/** A run of block characters is a bar; its length says nothing that the number beside it does not. */
const BAR = /[▏▎▍▌▋▊▉█]+/g
const words = (line: string): string[] => line.replace(BAR, ' ').replaceAll('·', '0').trim().split(/\s+/)
const NUMBER = /[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?/gi

/** Numbers may differ by one unit of the last digit that the page shows; everything else must be equal. */
function sameWord(shown: string, found: string): boolean {
  if (shown === found) return true
  if (shown.replace(NUMBER, '#') !== found.replace(NUMBER, '#')) return false
  const [a, b] = [shown.match(NUMBER) ?? [], found.match(NUMBER) ?? []]
  const value = (text: string) => Number(text.replaceAll(',', '').replace('−', '-'))
  return a.every((text, i) => {
    const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
    const unit = 10 ** (Number(exponent) - (mantissa.split('.')[1]?.length ?? 0))
    return Math.abs(value(text) - value(b[i]!)) <= unit * 1.001
  })
}

const sameLine = (shown: string, found: string): boolean => {
  const [a, b] = [words(shown), words(found)]
  return a.length === b.length && a.every((w, i) => sameWord(w, b[i]!))
}

/**
 * The first line of a page's output that the real output does not have, or undefined when it has all of them in
 * order. A line `…` stands for any number of lines.
 */
export function firstDifference(shown: string, found: string): string | undefined {
  const real = found.split('\n').filter(l => l.trim() !== '')
  let at = 0
  let gap = false
  for (const line of shown.split('\n').filter(l => l.trim() !== '')) {
    if (line.trim() === '…') {
      gap = true
      continue
    }
    const next = gap ? real.findIndex((r, i) => i >= at && sameLine(line, r)) : at
    if (next < 0 || !sameLine(line, real[next] ?? '')) return line
    at = next + 1
    gap = false
  }
  return gap || at === real.length ? undefined : `(the page ends before) ${real[at]}`
}
