import { type Graph, type Sym, topological, typeText } from './sym.ts'

function names(graph: Graph): Map<Sym, string> {
  const named = new Map<Sym, string>()
  for (const node of topological(graph.outputs.values())) named.set(node, `%${named.size}`)
  return named
}

/** One line a node: its name, operation with attributes, operands and type; the model's parts as headings. */
export function printGraph(graph: Graph): string {
  const named = names(graph)
  const lines: string[] = []
  let scope = ''
  for (const [node, name] of named) {
    if (node.scope !== scope && node.inputs.length > 0) {
      scope = node.scope
      lines.push(`# ${scope || 'shared'}`)
    }
    const operands = node.inputs.map(i => named.get(i)).join(', ')
    lines.push(`${name} = ${node.operation.key}${operands && `(${operands})`} : ${typeText(node)}`)
  }
  for (const [name, node] of graph.outputs) lines.push(`return ${name} = ${named.get(node)}`)
  return `${lines.join('\n')}\n`
}

const quoted = (text: string) => JSON.stringify(text)

/** The graph for Graphviz: weights and constants as plain text, one cluster for each part of the model. */
export function dotGraph(graph: Graph): string {
  const named = names(graph)
  const clusters = new Map<string, string[]>()
  const edges: string[] = []
  for (const [node, name] of named) {
    const label = `${node.operation.name}\n${typeText(node)}`
    const shape = node.inputs.length > 0 ? 'box' : 'plaintext'
    const text = node.inputs.length > 0 ? label : `${node.operation.key}\n${typeText(node)}`
    const lines = clusters.get(node.scope) ?? []
    clusters.set(node.scope, [...lines, `${quoted(name)} [shape=${shape}, label=${quoted(text)}];`])
    for (const i of node.inputs) edges.push(`${quoted(named.get(i)!)} -> ${quoted(name)};`)
  }
  const body = [...clusters].map(([scope, lines], i) =>
    scope ? `subgraph cluster_${i} { label=${quoted(scope)}; ${lines.join(' ')} }` : lines.join('\n'),
  )
  const ends = [...graph.outputs].map(
    ([name, s], i) => `"out${i}" [shape=oval, label=${quoted(name)}]; ${quoted(named.get(s)!)} -> "out${i}";`,
  )
  return `digraph headwise {\nrankdir=TB;\n${[...body, ...edges, ...ends].join('\n')}\n}\n`
}
