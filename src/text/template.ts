import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { TEMPLATE_LIMIT_MS, TEMPLATE_MEMORY, TEMPLATE_OUTPUT, TEMPLATE_PROGRAM } from './template-program.ts'

const MAX_TEMPLATE = 2 ** 20

export interface TemplateRequest {
  readonly template: string
  readonly file: string
  /** The template is rendered once for each set of variables. */
  readonly variants: readonly Readonly<Record<string, unknown>>[]
}

/**
 * Renders a chat template in a process of its own, which is killed when its time is up and may run out of memory alone
 * (a worker thread would take this process with it). It cannot compile code from text and sees no environment.
 */
export async function renderTemplate(request: TemplateRequest, signal?: AbortSignal): Promise<string[]> {
  throwIfAborted(signal)
  const { template, file, variants } = request
  if (template.length > MAX_TEMPLATE)
    throw failure(file, `has ${template.length} characters; the limit is ${MAX_TEMPLATE}`, 'chat-template-size')
  const longest = Math.max(0, ...variants.map(v => JSON.stringify(v).length))
  const limit = TEMPLATE_OUTPUT + longest
  const output = await inChild(JSON.stringify({ template, variants, limit }), signal)
  throwIfAborted(signal)
  if (output.late) throw failure(file, `ran longer than ${TEMPLATE_LIMIT_MS} ms and was stopped`, 'chat-template-limit')
  const answer = parse(output.text)
  if (answer === undefined)
    throw failure(file, `needed more than ${TEMPLATE_MEMORY} MiB and was stopped`, 'chat-template-limit')
  if ('texts' in answer) return answer.texts
  if (answer.kind === 'raised')
    throw new HeadwiseError(`The chat template of ${file} refuses these messages: ${answer.error}`, {
      code: 'chat-template-raised',
      file,
      where: 'chat_template',
      found: answer.error,
    })
  throw answer.kind === 'limit'
    ? failure(file, answer.error, 'chat-template-limit')
    : failure(file, `cannot be rendered: ${answer.error}`, 'chat-template')
}

type Answer = { readonly texts: string[] } | { readonly kind: string; readonly error: string }

function parse(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return undefined
  }
}

const failure = (file: string, what: string, code: string): HeadwiseError =>
  new HeadwiseError(`The chat template of ${file} ${what}.`, { code, file, where: 'chat_template', found: what })

function inChild(request: string, signal: AbortSignal | undefined): Promise<{ text: string; late: boolean }> {
  const library = createRequire(import.meta.url).resolve('@huggingface/jinja')
  const flags = [`--max-old-space-size=${TEMPLATE_MEMORY}`, '--disallow-code-generation-from-strings']
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, '-e', TEMPLATE_PROGRAM, library], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {},
    })
    let text = ''
    let late = false
    const kill = () => child.kill('SIGKILL')
    const clock = setTimeout(() => {
      late = true
      kill()
    }, TEMPLATE_LIMIT_MS)
    signal?.addEventListener('abort', kill, { once: true })
    const done = () => {
      clearTimeout(clock)
      signal?.removeEventListener('abort', kill)
    }
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    child.once('error', cause => {
      done()
      reject(
        new HeadwiseError(
          'No process could be started to render the chat template.',
          { code: 'chat-template-process', fault: 'failed' },
          { cause },
        ),
      )
    })
    child.once('close', () => {
      done()
      resolve({ text, late })
    })
    // A child that dies early closes the pipe; its exit tells why.
    child.stdin.on('error', () => {})
    child.stdin.end(request)
  })
}
