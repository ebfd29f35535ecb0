import { componentWords, percent } from '../views/words.ts'
import type { Writes } from '../words/writes.ts'
import { bold, type Style } from './terminal/style.ts'
import { type Column, table } from './terminal/table.ts'
import { quoted, wrap } from './terminal/text.ts'
import { number, signed } from './terminal/units.ts'

const right = (title: string): Column => ({ title, right: true })

/** What a component writes, for people: what is predicted, what goes up beside what goes down, the neurons. */
export function writesView({ of, position, token, raises, lowers, mean, lens, neurons }: Writes, style: Style): string {
  const changed = 'residual' in of
  const [up, down] = changed ? ['raised', 'lowered'] : ['raises', 'lowers']
  const rows = Array.from({ length: Math.max(raises.length, lowers.length) }, (_, i) =>
    [raises[i], lowers[i]].flatMap(t => (t ? [quoted(t.token), signed(t.logits)] : ['', ''])),
  )
  const what = changed
    ? 'Lens: as if no layer came after it. Raised and lowered: what the block before changed of its logits.'
    : 'Direct effect on the logits; later layers may undo it.'
  const parts = [
    `${bold(style, componentWords(of))} at position ${position}, ${quoted(token)}`,
    ...(lens
      ? [
          table(
            [{ title: 'predicts' }, right('probability'), right('logit')],
            lens.map(t => [quoted(t.token), percent(t.logprob), number(t.logit)]),
            style,
            '  ',
          ),
        ]
      : []),
    ...(rows.length > 0
      ? [table([{ title: up! }, right('logits'), { title: down! }, right('logits')], rows, style, '  ')]
      : []),
    ...(neurons
      ? [
          table(
            [right('neuron'), right('activation'), right('length')],
            neurons.map(n => [String(n.neuron), signed(n.activation), number(n.length)]),
            style,
            '  ',
          ),
        ]
      : []),
    wrap(`${what} Mean over all tokens ${signed(mean)}.`, style.columns, '  '),
  ]
  return `${parts.join('\n\n')}\n`
}
