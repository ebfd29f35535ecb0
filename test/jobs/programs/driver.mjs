// Carries a job of the tests out in a folder: driver.mjs ENTRY FOLDER PARTS MILLISECONDS WORKERS. Ends with the hash of
// all rows on stdout; what it notes goes to stderr. Without workers the parts are computed here.
import { createHash } from 'node:crypto'
import { LocalPool } from '../../../src/jobs/local-pool.ts'
import { runJob } from '../../../src/jobs/run-job.ts'
import { fakeRows, fakeSpec } from '../specs.ts'

const [entry, folder, parts, seed, workers] = process.argv.slice(2)
const stop = new AbortController()
process.on('SIGINT', () => stop.abort())
const inline = {
  run: async (_job, missing, { onPart }) => {
    for (const part of missing) {
      await new Promise(resolve => setTimeout(resolve, Number(seed)))
      onPart(part, fakeRows(part))
    }
  },
  [Symbol.asyncDispose]: async () => undefined,
}
const executor = workers === '0' ? inline : new LocalPool({ entry: new URL(entry), workers: Number(workers) })
try {
  const rows = await runJob(
    { spec: fakeSpec({ seed: Number(seed) }), parts: Number(parts) },
    { executor, folder, signal: stop.signal, note: text => console.error(text) },
  )
  const hash = createHash('sha256')
  for (const { run, sample, value } of rows) for (const column of [run, sample, value]) hash.update(column)
  console.log(hash.digest('hex'))
} catch (error) {
  console.error(error.message)
  process.exitCode = error.fault === 'interrupted' ? 130 : 1
} finally {
  await executor[Symbol.asyncDispose]()
}
