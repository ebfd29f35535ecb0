/// <reference lib="dom" />

import type { Theme } from '../figures/colour.ts'
import { gridFigure } from '../figures/figure.ts'
import { shown } from '../figures/panel.ts'
import { routesSvg } from '../figures/routes.ts'
import { label } from '../figures/svg.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import type { Routes } from '../words/routes.ts'
import type { Generation, Run } from '../words/run.ts'
import type { TaskResult } from '../words/task-result.ts'
import type { Writes } from '../words/writes.ts'
import { frameStyle } from './draw.ts'
import { type Mark, mark, toHtml, toNode } from './markup.ts'
import { JUPYTER, type MediaBundle, type View } from './view.ts'
import {
  accuracyWords,
  generationWords,
  gridWords,
  passesOf,
  passWords,
  percent,
  routesWords,
  runWords,
  taskWords,
  writesTitle,
  writesWords,
} from './words.ts'

/** A result of the library or of a file. */
export type ViewInput = Grid | readonly Grid[] | Run | Generation | Writes | Routes | readonly TaskResult[]

export interface ViewOptions {
  /** Default light in a notebook, and the visitor’s choice in a page. */
  readonly theme?: Theme['name']
}

/** A result in words and, for grids of one axis or two, as a figure with its specs inside. */
interface Drawn {
  readonly words: string
  readonly body: readonly Mark[]
  readonly svg?: (theme: Theme['name']) => string
}

/**
 * Draws a result: grids as their figure, what `run`, `generate` and `tasks` give as tables. Throws `view-result` for
 * what is no result.
 */
export function view(result: ViewInput, { theme }: ViewOptions = {}): View {
  const { words, body, svg } = drawn(result)
  const frame = (theme: Theme['name'], ...inner: readonly Mark[]) =>
    mark('figure', { style: `${frameStyle(theme)};margin:0` }, ...inner)
  const still = (): string => {
    const html = toHtml(frame(theme ?? 'light', ...body))
    return svg ? html.replace('</figure>', `${svg(theme ?? 'light')}</figure>`) : html
  }
  return {
    node: (page = document) => {
      const dark = page.defaultView?.matchMedia('(prefers-color-scheme: dark)').matches === true
      const chosen = theme ?? (dark ? 'dark' : 'light')
      const node = toNode(frame(chosen, ...body), page) as HTMLElement
      if (svg) node.append(imageOf(svg(chosen), page))
      return node
    },
    toHtml: still,
    [JUPYTER]: (): MediaBundle => ({
      ...(svg ? { 'image/svg+xml': svg(theme ?? 'light') } : { 'text/html': still() }),
      'text/plain': words,
    }),
  }
}

/** The text of a figure, whose every word is escaped, as an element that shrinks to where it stands. */
function imageOf(svg: string, page: Document): Element {
  const image = page.importNode(new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement, true)
  // Several figures of one page would have the same name of an element.
  image.querySelector('metadata')?.removeAttribute('id')
  image.setAttribute('style', 'max-width:100%;height:auto')
  return image
}

function drawn(result: ViewInput): Drawn {
  const [first] = Array.isArray(result)
    ? (result as readonly (Grid | TaskResult)[])
    : [result as Grid | Run | Generation | Writes | Routes]
  switch (first?.kind) {
    case 'grid':
      return ofGrids(Array.isArray(result) ? (result as Grid[]) : [first])
    case 'run':
      return ofRun(first)
    case 'generation':
      return ofGeneration(first)
    case 'writes':
      return ofWrites(first)
    case 'routes':
      return {
        words: routesWords(first),
        body: [mark('figcaption', {}, routesWords(first))],
        svg: t => routesSvg(first, t),
      }
    case 'task':
      return ofTasks(result as readonly TaskResult[])
    default: {
      const found = (first as { kind?: unknown } | undefined)?.kind
      throw new HeadwiseError(
        'This is no result of headwise: its kind must be grid, run, generation, writes, routes or task.',
        {
          code: 'view-result',
          where: 'kind',
          found: found === undefined ? 'none' : found,
          allowed: ['grid', 'run', 'generation', 'writes', 'routes', 'task'],
        },
      )
    }
  }
}

function ofGrids(grids: readonly Grid[]): Drawn {
  const words = grids.map(gridWords)
  const caption = words.map(w => mark('figcaption', {}, w))
  // A figure has one axis or two; what has more is told in words.
  return grids.every(g => g.axes.length <= 2)
    ? { words: words.join('\n'), body: caption, svg: theme => gridFigure(grids, { theme }) }
    : { words: words.join('\n'), body: caption }
}

const CELL = 'padding:2px 14px 2px 0;text-align:left;white-space:pre-wrap;font-variant-numeric:tabular-nums'
const table = (titles: readonly string[], rows: readonly (readonly string[])[]): Mark =>
  mark(
    'table',
    { style: 'border-collapse:collapse;margin:8px 0' },
    mark('thead', {}, mark('tr', {}, ...titles.map(t => mark('th', { style: CELL, scope: 'col' }, t)))),
    mark('tbody', {}, ...rows.map(row => mark('tr', {}, ...row.map(cell => mark('td', { style: CELL }, cell))))),
  )

/** The next tokens of each prompt, and which heads attend where from its last position. */
function ofRun(run: Run): Drawn {
  const body = passesOf(run).flatMap(pass => [
    mark('figcaption', {}, passWords(pass)),
    table(
      ['next token', 'id', 'probability'],
      pass.top.map(({ id, token, logprob }) => [label(JSON.stringify(token), 60), String(id), percent(logprob)]),
    ),
    ...(pass.heads?.length
      ? [
          table(
            ['head', 'attends to', '', 'weight'],
            pass.heads.map(h => [
              `${h.layer}.${h.head}`,
              label(JSON.stringify(h.token), 60),
              `at ${h.key}`,
              shown(h.weight),
            ]),
          ),
        ]
      : []),
  ])
  return { words: runWords(run), body }
}

/** What is predicted, what goes up and down, and the neurons, as far as there are any. */
function ofWrites(w: Writes): Drawn {
  const token = (t: { readonly token: string }) => label(JSON.stringify(t.token), 60)
  const lens = w.lens?.map(t => [token(t), String(t.id), percent(t.logprob), shown(t.logit)])
  const logits = [...w.raises, ...w.lowers].map(t => [token(t), String(t.id), shown(t.logits)])
  const neurons = w.neurons?.map(n => [String(n.neuron), shown(n.activation), shown(n.length)])
  const body = [
    mark('figcaption', {}, writesTitle(w)),
    ...(lens ? [table(['lens', 'id', 'probability', 'logit'], lens)] : []),
    ...(logits.length > 0 ? [table(['token', 'id', 'logits'], logits)] : []),
    ...(neurons ? [table(['neuron', 'activation', 'length'], neurons)] : []),
  ]
  return { words: writesWords(w), body }
}

const ofGeneration = (generation: Generation): Drawn => {
  const { tokensPerSecond: speed } = generation
  const words = generationWords(generation)
  const said = `${generation.tokens.length} tokens with the prompt’s${speed === null ? '' : `, ${shown(speed)} a second`}`
  const body = [mark('figcaption', {}, said), mark('p', { style: 'white-space:pre-wrap' }, words)]
  return { words, body }
}

const ofTasks = (tasks: readonly TaskResult[]): Drawn => ({
  words: tasks.map(taskWords).join('\n'),
  body: [
    table(
      ['task', 'rows', 'accuracy', 'chance', 'mean', 'metric'],
      tasks.map(task => {
        if ('refused' in task) return [label(task.id), label(task.refused, 400)]
        const { accuracy, chance } = task
        const right = accuracy ? accuracyWords(accuracy) : '–'
        const by = chance === undefined ? '–' : accuracyWords({ mean: chance })
        const name = `${task.can === false ? '✗ ' : ''}${label(task.id)}`
        return [name, String(task.prompts), right, by, shown(task.value.mean), task.metric]
      }),
    ),
    mark('figcaption', {}, 'Accuracy with its 95% interval, templates drawn whole; ✗ is not shown to be above chance.'),
  ],
})
