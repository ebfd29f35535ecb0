import { env, InferenceSession, Tensor } from 'onnxruntime-web'
import { f32, type NDArray } from '../../src/words/arrays.ts'

env.wasm.numThreads = 1
env.logLevel = 'error'

/** Logits [batch, time, vocabulary] of an exported model by ONNX Runtime's WebAssembly build. */
export async function runExported(
  model: Uint8Array,
  texts: readonly (readonly number[])[],
  beside: readonly { readonly path: string; readonly data: Uint8Array }[] = [],
): Promise<NDArray<'f32'>> {
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'], externalData: [...beside] })
  const time = texts[0]!.length
  const input = new Tensor('int32', Int32Array.from(texts.flat()), [texts.length, time])
  const { logits } = await session.run({ input })
  await session.release()
  return f32([...logits!.dims], logits!.data as Float32Array)
}
