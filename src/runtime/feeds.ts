import { type Dims, dimNames, evaluateDim } from '../graph/dim.ts'
import { type Graph, type Type, typeText } from '../graph/sym.ts'
import { type NDArray, sizeOf } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Feeds } from './backend.ts'

const textOf = ({ dtype, shape, data }: NDArray): string =>
  `${dtype}[${shape.join(', ')}]${data.length === sizeOf(shape) ? '' : ` with ${data.length} values`}`

function refusal(what: string, name: string, found: string, type: Type, dims: Dims): HeadwiseError {
  const known = Object.entries(dims).map(([n, d]) => `${n} = ${d}`)
  const allowed = `${typeText(type)}${known.length > 0 ? ` where ${known.join(', ')}` : ''}`
  return new HeadwiseError(`The ${what} "${name}" of the graph takes ${allowed}; found ${found}.`, {
    code: 'graph-feed',
    fault: 'failed',
    where: name,
    found,
    allowed,
  })
}

/** Refuses an array of another type or shape, as far as the sizes are known, or with more or fewer cells than its shape says. */
function check(what: string, name: string, array: NDArray | undefined, type: Type, dims: Dims): NDArray {
  if (!array) throw refusal(what, name, 'nothing', type, dims)
  const fits =
    array.dtype === type.dtype &&
    array.data.length === sizeOf(array.shape) &&
    array.shape.length === type.shape.length &&
    type.shape.every((d, i) => dimNames(d).some(n => dims[n] === undefined) || evaluateDim(d, dims) === array.shape[i])
  if (!fits) throw refusal(what, name, textOf(array), type, dims)
  return array
}

/** Checks what is fed against the graph's inputs and gives the value of every named size, each at least 1. */
export function bindDims(graph: Graph, feeds: Feeds): Record<string, number> {
  const dims: Record<string, number> = {}
  for (const [name, type] of graph.inputs) {
    const array = check('input', name, feeds[name], type, {})
    for (const [i, d] of type.shape.entries()) {
      if (typeof d === 'number' || dimNames(d)[0] !== d.key || dims[d.key] !== undefined) continue
      const size = array.shape[i]!
      if (size < 1) throw refusal('input', name, textOf(array), type, dims)
      dims[d.key] = size
    }
  }
  for (const [name, type] of graph.inputs) check('input', name, feeds[name], type, dims)
  return dims
}

/** Checks the arrays that outputs are to be written into. */
export function checkTargets(graph: Graph, into: Feeds, dims: Dims): void {
  for (const [name, array] of Object.entries(into)) {
    const type = graph.outputs.get(name)
    if (!type) {
      const allowed = [...graph.outputs.keys()].join(', ')
      throw new HeadwiseError(`The graph has no output "${name}"; it has ${allowed}.`, {
        code: 'graph-output',
        fault: 'failed',
        where: name,
        allowed,
      })
    }
    check('output', name, array, type, dims)
  }
}
