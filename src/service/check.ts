import { validate } from '../results/issue.ts'
import { HeadwiseError } from '../words/error.ts'
import { nearest } from '../words/nearest.ts'
import { type Checked, isVerb, type Verb, verbs } from './verbs.ts'

/** The verb of that name. Throws `verb-unknown`, which names the nearest. */
export function checkVerb(name: string): Verb {
  if (isVerb(name)) return name
  const known = Object.keys(verbs)
  throw new HeadwiseError(
    `There is no verb ${JSON.stringify(name.slice(0, 64))}; nearest: ${nearest(name, known).join(', ')}.`,
    {
      code: 'verb-unknown',
      fault: 'usage',
      where: 'verb',
      found: name,
      allowed: known,
    },
  )
}

/** A text that UTF-8 cannot carry would become another one on its way. */
function checkText(params: unknown): void {
  if (typeof params !== 'object' || params === null || !('text' in params) || typeof params.text !== 'string') return
  const at = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(params.text)?.index
  if (at === undefined) return
  throw new HeadwiseError(`text holds half of a surrogate pair at ${at}; it must be well-formed Unicode.`, {
    code: 'params-text',
    fault: 'usage',
    where: 'text',
    found: `U+${params.text.charCodeAt(at).toString(16).toUpperCase()}`,
    allowed: 'well-formed Unicode',
  })
}

/** Parameters as the verb knows them, defaults filled in. Throws `params-…`, which names the parameter. */
export function checkParams<V extends Verb>(verb: V, params: unknown): Checked<V> {
  checkText(params)
  const schema = verbs[verb].params
  try {
    return validate<unknown>(schema, params, {
      file: verb,
      root: '',
      code: 'params',
      namesAreUsage: true,
    }) as Checked<V>
  } catch (error) {
    if (!(error instanceof HeadwiseError)) throw error
    const { message, code, found, allowed } = error
    // What a caller sends is wrong usage, whatever it would be in a file.
    const where = (error.where ?? '').replace(/^\./, '')
    const told = message.replace(`${verb}: .`, `${verb}: `).replace(`${verb}:  `, `${verb}: the call `)
    throw new HeadwiseError(told, { code, fault: 'usage', where, found, allowed })
  }
}
