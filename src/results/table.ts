import { sizeOf } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Cell, Grid, NestedCells } from '../words/grid.ts'
import type { Routes } from '../words/routes.ts'
import type { Run } from '../words/run.ts'
import type { TaskResult } from '../words/task-result.ts'
import type { Writes } from '../words/writes.ts'
import type { Table, TableCell } from './csv.ts'
import { isTaskList, type ResultDocument } from './document.ts'
import { gridShape } from './grid.ts'
import { numberOf } from './json.ts'

/** The part of a result that fits a table; a generation has none. */
export function resultTable(result: ResultDocument): Table {
  if (isTaskList(result)) return taskTable(result)
  if (Array.isArray(result)) return gridTable(result)
  if (result.kind === 'grid') return gridTable([result])
  if (result.kind === 'run') return topTable(result)
  if (result.kind === 'writes') return writesTable(result)
  if (result.kind === 'routes') return routesTable(result)
  throw new HeadwiseError('A generation has no table form; write it as .json.', {
    code: 'no-table',
    fault: 'usage',
    where: 'kind',
    found: result.kind,
    allowed: ['grid', 'run', 'writes', 'routes'],
  })
}

const PARTS = ['values', 'low', 'high', 'n', 'p', 'q'] as const

/**
 * One row a cell: metric, the place on every axis (its label, else its index from 0), `value` and, where a grid has
 * them, low, high, n, p, q. An axis that occurs twice is numbered: `head`, `head.2`.
 */
function gridTable(grids: readonly Grid[]): Table {
  const present = PARTS.filter(part => part === 'values' || grids.some(grid => grid[part] !== undefined))
  const names = [...new Set(grids.flatMap(axisColumns))]
  return {
    columns: ['metric', ...names, ...present.map(part => (part === 'values' ? 'value' : part))],
    rows: grids.flatMap(grid => gridRows(grid, names, present)),
  }
}

const axisColumns = ({ axes }: Grid): string[] =>
  axes.map(({ name }, i) => {
    const before = axes.slice(0, i).filter(a => a.name === name).length
    return before === 0 ? name : `${name}.${before + 1}`
  })

function gridRows(grid: Grid, names: readonly string[], parts: readonly (typeof PARTS)[number][]): TableCell[][] {
  const shape = gridShape(grid)
  const columns = axisColumns(grid)
  const data = parts.map(part => {
    const cells = grid[part]
    // A cell that was not measured stays empty, apart from NaN.
    return Array.isArray(cells) ? flatten(cells).map(c => (c === null ? null : numberOf(c)!)) : (cells ?? null)
  })
  return Array.from({ length: sizeOf(shape) }, (_, cell) => {
    const place = unravel(cell, shape).map((index, axis): TableCell => grid.axes[axis]?.labels?.[index] ?? index)
    const axes = names.map((name): TableCell => place[columns.indexOf(name)] ?? null)
    const numbers = data.map((d): TableCell => (Array.isArray(d) ? (d[cell] ?? null) : d))
    return [grid.metric, ...axes, ...numbers]
  })
}

const flatten = (cells: NestedCells[]): Cell[] => cells.flatMap(c => (Array.isArray(c) ? flatten(c) : [c]))

/** The index on each axis of a row-major place. */
function unravel(place: number, shape: readonly number[]): number[] {
  let rest = place
  return shape
    .toReversed()
    .map(size => {
      const index = rest % size
      rest = (rest - index) / size
      return index
    })
    .toReversed()
}

/** One row a task that the model could be asked: accuracy beside chance, and the mean of its metric. */
const taskTable = (tasks: readonly TaskResult[]): Table => ({
  columns: ['task', 'metric', 'n', 'value', 'low', 'high', 'accuracy', 'accuracy.low', 'accuracy.high', 'chance'],
  rows: tasks
    .filter(task => 'value' in task)
    .map(({ id, metric, prompts, value, accuracy, chance }): TableCell[] => [
      ...[id, metric, prompts, value.mean, value.low ?? null, value.high ?? null],
      ...[accuracy?.mean ?? null, accuracy?.low ?? null, accuracy?.high ?? null, chance ?? null],
    ]),
})

/** The most probable next tokens of every prompt, best first. */
function topTable(run: Run): Table {
  const passes = 'runs' in run ? run.runs : [run]
  return {
    columns: ['prompt', 'rank', 'id', 'token', 'logprob'],
    rows: passes.flatMap(({ top }, prompt) =>
      top.map(({ id, token, logprob }, i) => [prompt, i + 1, id, token, logprob]),
    ),
  }
}

/** The tokens of both sides, then the lens and the neurons, each with what is measured of it. */
const writesTable = ({ raises, lowers, lens = [], neurons = [] }: Writes): Table => ({
  columns: ['what', 'rank', 'id', 'token', 'logits', 'logprob', 'activation', 'length'],
  rows: [
    ...raises.map((t, i): TableCell[] => ['raises', i + 1, t.id, t.token, t.logits, null, null, null]),
    ...lowers.map((t, i): TableCell[] => ['lowers', i + 1, t.id, t.token, t.logits, null, null, null]),
    ...lens.map((t, i): TableCell[] => ['lens', i + 1, t.id, t.token, t.logit, t.logprob, null, null]),
    ...neurons.map((n, i): TableCell[] => ['neuron', i + 1, n.neuron, null, null, null, n.activation, n.length]),
  ],
})

/** One row an edge, from the node that was asked for downwards. */
const routesTable = ({ edges }: Routes): Table => ({
  columns: ['part', 'layer', 'head', 'from.site', 'from.position', 'to.site', 'to.position', 'contribution'],
  rows: edges.map(({ part, head, from, to, contribution }): TableCell[] => [
    ...[part, to.layer, head ?? null, from.site, from.position, to.site, to.position, contribution],
  ]),
})
