import type { IncomingMessage } from 'node:http'
import { parseStrictJson } from '../checkpoint/strict-json.ts'
import { HeadwiseError } from '../words/error.ts'

/** A prompt at the end of the largest context fits many times. */
const MAX_BODY = 4 * 2 ** 20
const LIMITS = { file: 'body', maxBytes: MAX_BODY, maxDepth: 32, maxNodes: 1_000_000 }
/** How long (ms) a body may take. */
const BODY_TIME = 20_000

const tooLarge = (found: number): HeadwiseError =>
  new HeadwiseError(`The body is larger than ${MAX_BODY} bytes; send less.`, {
    code: 'body-size',
    fault: 'usage',
    where: 'body',
    found: `${found} bytes or more`,
    allowed: MAX_BODY,
  })

/** The JSON of a request, read no further than the limit. Objects have no prototype. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const stated = Number(request.headers['content-length'] ?? 0)
  if (stated > MAX_BODY) throw tooLarge(stated)
  const parts: Buffer[] = []
  let size = 0
  const late = new HeadwiseError(`The body did not arrive within ${BODY_TIME / 1000} seconds.`, {
    code: 'body-time',
    fault: 'usage',
    where: 'body',
    allowed: BODY_TIME,
  })
  const clock = setTimeout(() => request.destroy(late), BODY_TIME)
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length
      if (size > MAX_BODY) throw tooLarge(size)
      parts.push(part)
    }
  } finally {
    clearTimeout(clock)
  }
  return parseStrictJson(Buffer.concat(parts), LIMITS)
}
