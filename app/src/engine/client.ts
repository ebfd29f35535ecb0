import type { Client } from '../../../src/service/client.ts'

/**
 * The engine of this build: a Web Worker of its own in the static one, else the server that the page came from. The
 * build puts its mode in place, so that each holds its own engine only.
 */
export async function openClient(): Promise<Client> {
  if (import.meta.env.MODE === 'pages') return (await import('../../../src/browser/client.ts')).workerClient()
  return (await import('../../../src/service/http.ts')).httpClient()
}
