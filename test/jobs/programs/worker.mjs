// A worker of the tests: worker.mjs QUEUE ENTRY MODEL LEASE. Says what it notes on stderr.
import { workQueue } from '../../../src/jobs/queue-worker.ts'

const [queue, entry, model, lease, version] = process.argv.slice(2)
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
await workQueue({
  queue,
  entry: new URL(entry),
  models: [{ hash: model.repeat(64), path: 'here' }],
  version: version ?? '1.2.3',
  workers: 1,
  lease: Number(lease),
  signal: stop.signal,
  note: text => console.error(text),
}).catch(error => console.error(error.message))
