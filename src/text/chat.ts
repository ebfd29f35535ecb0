import { HeadwiseError } from '../words/error.ts'
import type { AddedToken } from './added.ts'
import type { Definition } from './definition.ts'
import { renderTemplate } from './template.ts'
import type { Message } from './tokenizer.ts'

/** From, to: UTF-16 units of the rendered text. */
type Span = readonly [number, number]

export interface RenderedChat {
  readonly text: string
  /** Where message contents stand: what they spell there is plain text. */
  readonly contents: readonly Span[]
}

/**
 * Renders messages and finds where their contents went. The template runs twice: with the contents as they are, and with
 * unguessable marks around them. Where both give the same text but for the marks, the marks say what is content.
 */
export async function renderChat(
  messages: readonly Message[],
  definition: Definition,
  generationPrompt: boolean,
  signal: AbortSignal | undefined,
): Promise<RenderedChat> {
  const { file, chatTemplate: template, templateTokens } = definition
  if (template === undefined)
    throw new HeadwiseError(`${file}: has no chat template; give the text itself, without chat.`, {
      code: 'chat-template-missing',
      fault: 'usage',
      file,
      where: 'chat_template',
      found: 'missing',
    })
  checkMessages(messages)
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('')
  const marked = messages.map((m, i) => ({ role: m.role, content: mark(m.content, `M${key}n${i}`) }))
  const plain = messages.map(({ role, content }) => ({ role, content }))
  const variants = [plain, marked].map(m => ({
    ...templateTokens,
    messages: m,
    add_generation_prompt: generationPrompt,
    tools: null,
    documents: null,
  }))
  const [text = '', withMarks = ''] = await renderTemplate({ template, file, variants }, signal)
  const found = unmark(withMarks, key)
  if (found !== undefined && found.text === text) return found
  // The template changes contents (cuts, escapes, changes case), so that their place is lost. That is harmless only
  // where they could not spell a control token in any order of their characters.
  const risky = definition.added.find(t => t.special && spellable(t, messages))
  if (risky === undefined) return { text, contents: [] }
  throw new HeadwiseError(
    `The chat template of ${file} rewrites message contents, and these could spell ${JSON.stringify(risky.content)}, so they cannot be kept apart from control tokens.`,
    {
      code: 'chat-template-content',
      file,
      where: 'messages',
      found: risky.content,
      allowed: 'contents that the template copies',
    },
  )
}

function checkMessages(messages: readonly Message[]): void {
  const wrong = (where: string, found: unknown, allowed: string): HeadwiseError =>
    new HeadwiseError(
      `${where} is ${found === undefined ? 'missing' : JSON.stringify(found)}; allowed is ${allowed}.`,
      {
        code: 'chat-messages',
        fault: 'usage',
        where,
        found,
        allowed,
      },
    )
  if (messages.length === 0) throw wrong('messages', [], 'at least one message')
  for (const [i, message] of messages.entries()) {
    for (const key of Object.keys(message))
      if (key !== 'role' && key !== 'content') throw wrong(`messages[${i}].${key}`, key, 'role and content')
    // A role is copied into the text beside control tokens, so it must not spell one.
    if (typeof message.role !== 'string' || !/^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(message.role))
      throw wrong(`messages[${i}].role`, message.role, 'a word such as user, assistant or system')
    if (typeof message.content !== 'string') throw wrong(`messages[${i}].content`, message.content, 'a text')
  }
}

/** White space stays outside the marks, so that a template may trim it. */
function mark(content: string, name: string): string {
  const core = content.trim()
  if (core === '') return content
  const at = content.indexOf(core)
  return `${content.slice(0, at)}${name}a${core}${name}z${content.slice(at + core.length)}`
}

/** Takes the marks out; nothing when one has lost its partner. */
function unmark(marked: string, key: string): RenderedChat | undefined {
  const contents: Span[] = []
  let text = ''
  let end = 0
  let open: { name: string; at: number } | undefined
  for (const match of marked.matchAll(new RegExp(`M${key}n(\\d+)([az])`, 'g'))) {
    text += marked.slice(end, match.index)
    end = match.index + match[0].length
    const name = match[1] as string
    if (match[2] === 'a') {
      if (open !== undefined) return undefined
      open = { name, at: text.length }
    } else {
      if (open?.name !== name) return undefined
      contents.push([open.at, text.length])
      open = undefined
    }
  }
  return open === undefined ? { text: text + marked.slice(end), contents } : undefined
}

function spellable(token: AddedToken, messages: readonly Message[]): boolean {
  const held = messages
    .map(m => m.content)
    .join('')
    .toLowerCase()
  return Array.from(token.content.toLowerCase()).every(c => held.includes(c))
}

/** Whether a stretch of the rendered text touches a content. */
export const touches = (contents: readonly Span[], from: number, to: number): boolean =>
  contents.some(([start, end]) => from < end && to > start)
