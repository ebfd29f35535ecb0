import { Headwise } from './headwise.ts'
import { type LoadOptions, open } from './open.ts'

/** Opens a model: `specimen`, a folder, a `.gguf` or `.safetensors` file. */
export const load = async (reference: string, o: LoadOptions = {}): Promise<Headwise> =>
  new Headwise(await open(reference, o))
