// The process of an engine that computes nothing: the rows of a part after some milliseconds (`seed` of the spec).
import { serveHost } from '../../../src/runtime/host.ts'
import { throwIfAborted } from '../../../src/words/error.ts'
import { fakeRows } from '../specs.ts'

let crashes = 0

serveHost(async ({ spec, part, model }, { signal }) => {
  await new Promise(resolve => setTimeout(resolve, spec.request.seed))
  throwIfAborted(signal)
  if (model === 'crashes-once' && part === 3 && process.env.HEADWISE_CRASHED !== 'yes' && crashes++ === 0) {
    const { existsSync, writeFileSync } = await import('node:fs')
    if (!existsSync(process.env.HEADWISE_CRASH_FILE)) {
      writeFileSync(process.env.HEADWISE_CRASH_FILE, '')
      process.kill(process.pid, 'SIGKILL')
    }
  }
  if (model === 'crashes-always' && part === 3) process.kill(process.pid, 'SIGKILL')
  return fakeRows(part)
})
