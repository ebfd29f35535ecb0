import { dim } from '../graph/dim.ts'
import { graphOf } from '../graph/graph.ts'
import { linear } from '../graph/primitives/contract.ts'
import { input, weight } from '../graph/primitives/leaf.ts'
import { sum } from '../graph/primitives/reduce.ts'
import { weightNames } from '../models/weight-names.ts'
import type { Engine } from '../runs/engine.ts'
import type { Residence } from '../runtime/backend.ts'
import { f32 } from '../words/arrays.ts'
import { timed } from './report.ts'

/** The linear maps of one block, by name, as [out, in]. */
function blockMaps({ config: c }: Engine): readonly (readonly [string, number, number])[] {
  const [attention, mlp] = [weightNames.attention(0), weightNames.mlp(0)]
  return [
    [`${attention}.q_proj.weight`, c.heads * c.headDim, c.dim],
    [`${attention}.k_proj.weight`, c.groups * c.headDim, c.dim],
    [`${attention}.v_proj.weight`, c.groups * c.headDim, c.dim],
    [weightNames.output(0), c.dim, c.heads * c.headDim],
    [`${mlp}.gate_proj.weight`, c.mlpDim, c.dim],
    [`${mlp}.up_proj.weight`, c.mlpDim, c.dim],
    [`${mlp}.down_proj.weight`, c.dim, c.mlpDim],
  ]
}

const noise = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898))

async function mapTime(
  engine: Engine,
  [name, out, inner]: readonly [string, number, number],
  rows: number,
  residence: Residence,
  reps: number,
): Promise<number> {
  const x = input('x', 'f32', [dim('rows'), inner])
  const graph = graphOf(new Map([['y', linear(x, weight(name, [out, inner]))]]))
  await using executable = await engine.backend.compile(graph, engine.weights, residence)
  const feeds = { x: f32([rows, inner], noise(rows * inner)) }
  const into = { y: f32([rows, out], new Float32Array(rows * out)) }
  return (await timed(() => executable.run(feeds, { into }), reps)).min
}

/**
 * GFLOP/s that the runtime's matrix product reaches on the linear maps of one block at this many rows: each map alone,
 * best of `reps` runs, its weights mapped or packed, whichever is faster.
 */
export async function matmulRate(engine: Engine, rows: number, reps: number): Promise<number> {
  let [flops, ms] = [0, 0]
  for (const map of blockMaps(engine)) {
    const times = [await mapTime(engine, map, rows, 'once', reps), await mapTime(engine, map, rows, 'batch', reps)]
    flops += 2 * rows * map[1] * map[2]
    ms += Math.min(...times)
  }
  return flops / ms / 1e6
}

/**
 * GB/s at which this process reads memory: a sum over 1 GB, and one row times every weight matrix of the model, which is
 * what a generated token must read at least.
 */
export async function readBandwidth(engine: Engine, reps: number): Promise<{ sum: number; rowTimesWeights: number }> {
  const cells = 2 ** 14
  const x = input('x', 'f32', [cells, cells])
  await using reduce = await engine.backend.compile(graphOf(new Map([['y', sum(x, 1)]])), engine.weights, 'resident')
  const data = f32([cells, cells], new Float32Array(cells * cells).fill(1))
  const summed = await timed(() => reduce.run({ x: data }), reps)
  const matrices = engine.weights.names.flatMap(name => {
    const { shape } = engine.weights.entry(name)!
    return shape.length === 2 ? [{ name, out: shape[0]!, inner: shape[1]! }] : []
  })
  const rows = new Map(matrices.map(({ inner }) => [inner, input(`row ${inner}`, 'f32', [1, inner])]))
  const products = matrices.map(
    ({ name, out, inner }) => [name, linear(rows.get(inner)!, weight(name, [out, inner]))] as const,
  )
  const graph = graphOf(new Map(products.map(([name, y]) => [`y ${name}`, y])))
  await using all = await engine.backend.compile(graph, engine.weights, 'resident')
  const feeds = Object.fromEntries([...rows.keys()].map(inner => [`row ${inner}`, f32([1, inner], noise(inner))]))
  const read = await timed(() => all.run(feeds), 4 * reps)
  const bytes = matrices.reduce((n, { out, inner }) => n + 4 * out * inner, 0)
  return { sum: (4 * cells * cells) / summed.min / 1e6, rowTimesWeights: bytes / read.min / 1e6 }
}
