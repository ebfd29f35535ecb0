import type { Info } from '../../../src/service/verbs.ts'
import type { Line } from '../state/change.ts'
import { type Head, headName, sameHead } from '../state/head.ts'
import type { State } from '../state/state.ts'
import { home, scaleTo, withEdits, withQueries } from '../state/update.ts'
import { LENGTH } from './sequence.ts'

/** The specimen's two copying heads, and the head upstream that feeds them. */
export const FIRST: Head = { layer: 6, head: 5 }
export const SECOND: Head = { layer: 6, head: 1 }
export const UPSTREAM: Head = { layer: 4, head: 7 }
/** Heads upstream that attend to the previous token. */
const CANDIDATES: readonly Head[] = [{ layer: 3, head: 1 }, { layer: 4, head: 0 }, UPSTREAM]
/** How far into the second saying the query is that the page shows. */
const INTO = 10

/** Something that the visitor may do with a button; the map does the same. */
export interface Deed {
  readonly words: string
  readonly to: (s: State, turn: number) => State
  readonly done: (s: State) => boolean
}

export interface Step {
  readonly title: string
  readonly text: readonly string[]
  /** The arrays that the step is about, in the model's true sizes. */
  readonly shapes: (info: Info, tokens: number) => string
  /** What the page shows when the step begins; edits stay as the visitor left them. */
  readonly show: (s: State, start: number) => State
  readonly deeds: readonly Deed[]
}

const offNow = (edits: readonly Line[]): Head[] =>
  edits.flatMap(({ change, on }) =>
    on && change.kind === 'scale' && change.by === 0 && change.at === 'all' ? [change.head] : [],
  )
/** Exactly these heads are off, and nothing else is done. */
export function onlyOff({ edits }: Pick<State, 'edits'>, heads: readonly Head[]): boolean {
  const off = offNow(edits)
  return off.length === heads.length && edits.filter(l => l.on).length === off.length && heads.every(h => has(off, h))
}
const has = (list: readonly Head[], head: Head): boolean => list.some(h => sameHead(h, head))
const others = Array.from({ length: 8 }, (_, head): Head => ({ layer: FIRST.layer, head })).filter(
  h => !has([FIRST, SECOND], h),
)
/** Two heads of the copying heads' layer that are neither of them are off, and nothing else. */
function othersOff(s: State): boolean {
  const off = offNow(s.edits)
  return off.length === 2 && onlyOff(s, off) && off.every(h => has(others, h))
}
/** Another two with every turn. */
const twoOthers = (turn: number): Head[] => {
  const pairs = others.flatMap((a, i) => others.slice(i + 1).map(b => [a, b]))
  return pairs[(turn * 4 + 5) % pairs.length]!
}

const switchOff = (heads: readonly Head[], words: string): Deed => ({
  words,
  to: s => scaleTo({ ...withEdits(s, []), heads: [...heads] }, 0, heads),
  done: s => onlyOff(s, heads),
})
const putBack: Deed = {
  words: 'put everything back',
  to: s => withEdits(s, []),
  done: s => s.edits.every(l => !l.on),
}
const at = (s: State, heads: readonly Head[], score: string, query: number): State =>
  withQueries({ ...home(s), heads, score, ground: 'repeats' }, [query])

export const steps: readonly Step[] = [
  {
    title: 'Fifty random tokens, said twice',
    text: [
      `The prompt is now ${LENGTH} tokens drawn at random, and the same ${LENGTH} again. No knowledge of language helps to guess them.`,
      'The first time round every token is a surprise. The second time it can be copied from the first. The curve below is the loss at each token, computed on this page just now.',
      'This model, the specimen, was trained so that the circuit exists which you are about to take apart. In other models one has to search for it.',
    ],
    shapes: (_, tokens) => `ids [${tokens}]`,
    show: (s, start) => at(s, [FIRST], 'induction', start + INTO),
    deeds: [],
  },
  {
    title: 'How well it copies',
    text: [
      'After each token the model gives a probability to every token that it knows. Its first guess is right or wrong; the share that is right in the second saying is called copying here.',
      'The first token of the second saying cannot be known, so it is left out.',
    ],
    shapes: (info, tokens) => `logits [${tokens}, ${info.vocab}], from a residual stream [${tokens}, ${info.dim}]`,
    show: (s, start) => at(s, [FIRST], 'induction', start + INTO),
    deeds: [],
  },
  {
    title: 'A head that attends to what came next',
    text: [
      `The map shows the induction score: how much each head attends, from a token that occurred before, to the token that followed it then. Head ${headName(FIRST)} is chosen.`,
      'In the text its query is marked. Step through the queries with , and . and watch the strongest arc: it ends one token after the earlier occurrence. In the pattern that is the slanted line.',
      'So far this is attention only. It shows no cause.',
    ],
    shapes: (info, tokens) => `${info.layers} × ${info.heads} patterns [${tokens}, ${tokens}]`,
    show: (s, start) => at(s, [FIRST], 'induction', start + INTO),
    deeds: [],
  },
  {
    title: `Switch ${headName(FIRST)} off`,
    text: [
      `Now the experiment. Switch head ${headName(FIRST)} off: press 0, drag its cell on the map down, or use the button.`,
      'Its output is replaced by zeros at every token; everything after it is computed again.',
    ],
    shapes: (info, tokens) =>
      `z of a layer [${tokens}, ${info.heads}, ${info.headDim}]; one head is [${tokens}, ${info.headDim}]`,
    show: (s, start) => at(s, [FIRST], 'induction', start + INTO),
    deeds: [switchOff([FIRST], `switch ${headName(FIRST)} off`)],
  },
  {
    title: `Then ${headName(SECOND)} too`,
    text: [
      `What is left is not chance: a second head, ${headName(SECOND)}, does the same work. Its pattern has the same slanted line.`,
      'Switch it off as well.',
    ],
    shapes: (info, tokens) => `two heads: 2 × [${tokens}, ${info.headDim}] set to 0`,
    show: (s, start) => at(s, [SECOND], 'induction', start + INTO),
    deeds: [switchOff([FIRST, SECOND], `switch ${headName(FIRST)} and ${headName(SECOND)} off`)],
  },
  {
    title: 'Is it just any two heads?',
    text: [
      `Perhaps any damage of that size would do the same. Put both back, then switch off any two other heads of layer ${FIRST.layer}. Pick them yourself on the map; Ctrl or Shift and a click gathers a set.`,
      'This is the control. Without it the last two steps prove little.',
    ],
    shapes: (info, tokens) => `the same amount: 2 × [${tokens}, ${info.headDim}] set to 0`,
    show: (s, start) => at(s, s.heads, 'induction', start + INTO),
    deeds: [
      putBack,
      {
        words: 'two others off',
        to: (s, turn) => {
          const heads = twoOthers(turn)
          return scaleTo({ ...withEdits(s, []), heads }, 0, heads)
        },
        done: othersOff,
      },
    ],
  },
  {
    title: 'Where they get it from',
    text: [
      'To find the token after the earlier occurrence, a key must carry what stood before it. Some head in an earlier layer has to write that there: one that attends to the previous token.',
      'The map now shows how much each head does so, and a few stand out. Switch off one at a time, with both copying heads on, and see which one copying needs.',
    ],
    shapes: (info, tokens) => `keys of a layer [${tokens}, ${info.groups}, ${info.headDim}]`,
    show: (s, start) => at(s, s.heads, 'previous', start + INTO),
    deeds: CANDIDATES.map(head => switchOff([head], `${headName(head)} off`)),
  },
  {
    title: 'What you have shown',
    text: [
      `Two heads of layer ${FIRST.layer} copy, and head ${headName(UPSTREAM)} tells them where: without either part the second saying is a surprise again, and two other heads make no such difference.`,
      'What it does not show: that these heads do nothing else, or that they do the same in other texts. It is one sequence and one kind of removal, zeros. Draw another sequence and do it again, or take the page to a text of your own.',
    ],
    shapes: (info, tokens) =>
      `4.7 → residual [${tokens}, ${info.dim}] → keys of layer ${FIRST.layer} → 6.1, 6.5 → logits [${tokens}, ${info.vocab}]`,
    show: (s, start) => at(s, [FIRST, SECOND, UPSTREAM], 'induction', start + INTO),
    deeds: [putBack],
  },
]
