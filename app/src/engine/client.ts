import type { Client } from '../../../src/service/client.ts'

/** The engine of this build: a Web Worker of its own in the static one, else the server that the page came from. */
export async function clientFor(mode: string): Promise<Client> {
  if (mode === 'pages') {
    const { workerClient } = await import('../../../src/browser/client.ts')
    return workerClient()
  }
  const { httpClient, takeToken } = await import('../../../src/service/http.ts')
  const token = takeToken()
  return httpClient(token === undefined ? {} : { token })
}
