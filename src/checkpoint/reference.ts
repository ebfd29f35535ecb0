import { type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { HeadwiseError, printable } from '../words/error.ts'
import { assertRegular, isAbsent, systemFault } from './files.ts'
import { openFolder, openIndex, openSafetensors } from './folder.ts'
import { readGgufParts } from './gguf-split.ts'
import { judgeVocabulary } from './gguf-vocabulary.ts'
import type { TensorSource } from './source.ts'

/** What a model reference names. */
export interface ModelPlace {
  readonly kind: 'folder' | 'gguf' | 'safetensors' | 'index'
  /** Absolute. */
  readonly path: string
}

const SPECIMEN = join(import.meta.dirname, '../../models/specimen')
/** `org/name` with an optional `@revision`, by the hub's own rules for repository names. */
const HUB_ID = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}(@[A-Za-z0-9][\w.-]{0,254})?$/
const FORMS = 'specimen, a folder, a .gguf or .safetensors file, or a hub id (org/name[@revision])'

const usage = (code: string, found: string, sentence: string) =>
  new HeadwiseError(sentence, { code, fault: 'usage', where: 'MODEL', found: found.slice(0, 200), allowed: FORMS })

function look(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw systemFault(error, path, 'looking at it')
  }
}

/** Why no model was found under a reference that is neither `specimen` nor a path that exists. */
function notFound(reference: string): HeadwiseError {
  const shown = printable(reference, 100)
  const isPath = /^[./~\\]|\\|\.(gguf|safetensors|json)$|^[A-Za-z]:/.test(reference)
  if (!isPath && HUB_ID.test(reference) && !reference.includes('..')) {
    const [id = '', revision] = reference.split('@')
    const folder = basename(id)
    const command = `hf download ${id}${revision ? ` --revision ${revision}` : ''} --local-dir ${folder}`
    const then = `run \`${command}\` and give the folder ${folder} instead`
    return usage(
      'hub-id',
      reference,
      `${shown} names a model on the hub, which headwise does not download yet: ${then}.`,
    )
  }
  if (!isPath && /[/@]/.test(reference))
    return usage('model-id', reference, `${shown} is neither a file or folder nor a hub id; a model is ${FORMS}.`)
  return usage('model-missing', reference, `There is no file or folder ${shown}; a model is ${FORMS}.`)
}

/** Finds what a model reference names on this machine; never touches the network. */
export function resolveModel(reference: string): ModelPlace {
  if (reference === 'specimen') return { kind: 'folder', path: SPECIMEN }
  if (reference.trim() === '') throw usage('model-id', reference, `The model reference is empty; a model is ${FORMS}.`)
  const path = resolve(reference)
  const stats = look(path)
  if (stats === undefined) throw notFound(reference)
  if (stats.isDirectory()) return { kind: 'folder', path }
  assertRegular(stats, reference)
  const name = basename(path).toLowerCase()
  if (name.endsWith('.gguf')) return { kind: 'gguf', path }
  if (name.endsWith('.safetensors')) return { kind: 'safetensors', path }
  if (name.endsWith('.safetensors.index.json')) return { kind: 'index', path }
  const folder = dirname(reference)
  const hint = name === 'config.json' ? ` (give its folder, ${printable(folder)})` : ''
  throw usage(
    'model-kind',
    reference,
    `${printable(reference, 200)} is no kind of model file${hint}; a model is ${FORMS}.`,
  )
}

async function openGguf(path: string): Promise<TensorSource> {
  const { metadata, tensors, files } = await readGgufParts(path)
  judgeVocabulary({ file: path, metadata, tensors })
  return { format: 'gguf', file: path, folder: dirname(path), tensors, metadata, files, companions: {}, notes: [] }
}

/** Opens a checkpoint: judges its headers and configuration, reads no weight. */
export async function openModel(reference: string): Promise<TensorSource> {
  const { kind, path } = resolveModel(reference)
  switch (kind) {
    case 'folder':
      return openFolder(path)
    case 'gguf':
      return openGguf(path)
    case 'safetensors':
      return openSafetensors(path)
    case 'index':
      return openIndex(path)
  }
}
