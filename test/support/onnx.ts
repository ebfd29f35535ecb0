import { PbfReader } from 'pbf'

/** What a test reads of an encoded ONNX model: its nodes, the operator sets it asks for, and its weights. */
export interface ReadModel {
  readonly nodes: { type: string; domain: string; inputs: string[]; outputs: string[] }[]
  readonly opsets: Record<string, number>
  readonly initializers: { name: string; dims: number[]; external: Record<string, string> }[]
}

const entry = (tag: number, e: { key: string; value: string }, pbf: PbfReader): void => {
  if (tag === 1) e.key = pbf.readString()
  if (tag === 2) e.value = pbf.readString()
}

/** Reads the fields of onnx.proto3 that the tests judge. */
export function readModel(bytes: Uint8Array): ReadModel {
  const model: ReadModel = { nodes: [], opsets: {}, initializers: [] }
  const node = (tag: number, n: ReadModel['nodes'][number], pbf: PbfReader): void => {
    if (tag === 1) n.inputs.push(pbf.readString())
    if (tag === 2) n.outputs.push(pbf.readString())
    if (tag === 4) n.type = pbf.readString()
    if (tag === 7) n.domain = pbf.readString()
  }
  const tensor = (tag: number, t: ReadModel['initializers'][number], pbf: PbfReader): void => {
    if (tag === 1) t.dims.push(pbf.readVarint())
    if (tag === 8) t.name = pbf.readString()
    if (tag === 13) {
      const { key, value } = pbf.readMessage(entry, { key: '', value: '' })
      t.external[key] = value
    }
  }
  const graph = (tag: number, _: null, pbf: PbfReader): void => {
    if (tag === 1) model.nodes.push(pbf.readMessage(node, { type: '', domain: '', inputs: [], outputs: [] }))
    if (tag === 5) model.initializers.push(pbf.readMessage(tensor, { name: '', dims: [], external: {} }))
  }
  const opset = (tag: number, o: { domain: string; version: number }, pbf: PbfReader): void => {
    if (tag === 1) o.domain = pbf.readString()
    if (tag === 2) o.version = pbf.readVarint()
  }
  new PbfReader(bytes).readFields((tag, _, pbf) => {
    if (tag === 7) pbf.readMessage(graph, null)
    if (tag === 8) {
      const { domain, version } = pbf.readMessage(opset, { domain: '', version: 0 })
      model.opsets[domain] = version
    }
  }, null)
  return model
}
