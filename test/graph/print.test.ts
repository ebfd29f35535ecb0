import { expect, test } from 'vitest'
import { dim } from '../../src/graph/dim.ts'
import { rmsNorm } from '../../src/graph/primitives/composite.ts'
import { linear } from '../../src/graph/primitives/contract.ts'
import { add } from '../../src/graph/primitives/elementwise.ts'
import { input, scalar, weight } from '../../src/graph/primitives/leaf.ts'
import { slice } from '../../src/graph/primitives/shape.ts'
import { dotGraph, printGraph } from '../../src/graph/print.ts'
import { scoped } from '../../src/graph/sym.ts'
import { outputsOf } from '../support/run.ts'

const x = input('x', 'f32', [dim('batch'), dim('time'), 2])
const normed = scoped('decoder.0', () => rmsNorm(x, weight('norm.weight', [2]), 1e-5))
const logits = scoped('unembed', () => linear(slice(normed, 1, 0, 1), weight('head.weight', [3, 2])))
const graph = outputsOf({ normed, 'a "quoted"\\name': add(logits, scalar(-1)) })

test('a graph reads from top to bottom, one node a line, under the parts of the model', () => {
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "%0 = input x : f32[batch, time, 2]
    %1 = weight norm.weight : f32[2]
    # decoder.0
    %2 = rmsNorm{eps:0.00001}(%0, %1) : f32[batch, time, 2]
    # unembed
    %3 = slice{axis:1,start:0,end:1}(%2) : f32[batch, 1, 2]
    %4 = weight head.weight : f32[3, 2]
    %5 = linear(%3, %4) : f32[batch, 1, 3]
    %6 = constant f32[](-1) : f32[]
    # shared
    %7 = add(%5, %6) : f32[batch, 1, 3]
    return normed = %2
    return a "quoted"\\name = %7
    "
  `)
})

test('the Graphviz form has a cluster for each part, every node once and only edges between nodes', () => {
  const dot = dotGraph(graph)
  expect(dot).toMatchInlineSnapshot(`
    "digraph headwise {
    rankdir=TB;
    "%0" [shape=plaintext, label="input x\\nf32[batch, time, 2]"];
    "%1" [shape=plaintext, label="weight norm.weight\\nf32[2]"];
    "%4" [shape=plaintext, label="weight head.weight\\nf32[3, 2]"];
    "%6" [shape=plaintext, label="constant f32[](-1)\\nf32[]"];
    "%7" [shape=box, label="add\\nf32[batch, 1, 3]"];
    subgraph cluster_1 { label="decoder.0"; "%2" [shape=box, label="rmsNorm\\nf32[batch, time, 2]"]; }
    subgraph cluster_2 { label="unembed"; "%3" [shape=box, label="slice\\nf32[batch, 1, 2]"]; "%5" [shape=box, label="linear\\nf32[batch, 1, 3]"]; }
    "%0" -> "%2";
    "%1" -> "%2";
    "%2" -> "%3";
    "%3" -> "%5";
    "%4" -> "%5";
    "%5" -> "%7";
    "%6" -> "%7";
    "out0" [shape=oval, label="normed"]; "%2" -> "out0";
    "out1" [shape=oval, label="a \\"quoted\\"\\\\name"]; "%7" -> "out1";
    }
    "
  `)
  const plain = dot.replaceAll(/"(?:[^"\\]|\\.)*"/g, m => m.replaceAll(/[{}[\]]/g, ''))
  for (const [open, close] of [
    ['{', '}'],
    ['[', ']'],
  ] as const)
    expect(plain.split(open).length).toBe(plain.split(close).length)
  const declared = [...dot.matchAll(/("[^"]+") \[shape/g)].map(m => m[1])
  expect(new Set(declared).size).toBe(declared.length)
  for (const [, from = '', to = ''] of dot.matchAll(/("[^"]+") -> ("[^"]+");/g)) {
    expect(declared).toContain(from)
    expect(declared).toContain(to)
  }
})
