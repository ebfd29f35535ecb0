// Preloaded into the command: any attempt to reach the network ends the process with its own exit code.
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const caught = () => process.exit(99)
net.connect = net.createConnection = net.Socket.prototype.connect = caught
dns.lookup = dns.promises.lookup = dns.resolve = dns.promises.resolve = caught
syncBuiltinESMExports()

// The test's own test: with `?try` the guard must catch this.
if (import.meta.url.endsWith('?try')) net.connect(9, '127.0.0.1')
