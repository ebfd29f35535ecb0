// Starts a child that works, says its process id, and waits to be killed.
import { Host } from '../../../src/runtime/host.ts'

const host = new Host(new URL(process.argv[2]))
await host.call({ do: 'double', values: [1] })
console.log(host.pid)
await host.call({ do: 'until-aborted' })
