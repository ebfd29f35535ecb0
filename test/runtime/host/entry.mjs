// A child that does what its task says: the other end of test/runtime/host.test.ts.
import { serveHost } from '../../../src/runtime/host.ts'
import { HeadwiseError, throwIfAborted } from '../../../src/words/error.ts'

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

serveHost(async (task, { signal, emit }) => {
  switch (task.do) {
    case 'double':
      for (const x of task.values) emit(x)
      return task.values.map(x => 2 * x)
    case 'environment':
      return process.env[task.name]
    case 'fail':
      throw new HeadwiseError('The head is gone.', { code: 'gone', fault: 'data', where: 'head', found: 7n, allowed: ['6.5'] })
    case 'stumble':
      throw new TypeError('slip')
    case 'crash':
      console.error('last words')
      return process.exit(3)
    case 'until-aborted':
      while (true) {
        throwIfAborted(signal)
        await wait(5)
      }
    case 'deaf':
      emit('ready')
      while (true) {}
  }
})
