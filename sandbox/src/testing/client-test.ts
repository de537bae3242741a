/** Tests that call the sandbox by a client of AWS's SDK. */
import { test } from 'vitest'
import { sandboxCredentials } from '../credentials.js'
import { startSandbox } from '../sandbox.js'

/** What clients of the SDK are made with here. */
interface ClientConfig {
  readonly endpoint: string
  readonly region: string
  readonly credentials: typeof sandboxCredentials
  readonly maxAttempts: number
}

/** Tests with a sandbox, and a client of one of its services, that the file shares. No call is made twice. */
export function clientTest<Client extends { destroy(): void }>(kind: new (config: ClientConfig) => Client) {
  return (
    test
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture depends on
      .extend('sandbox', { scope: 'file' }, async ({}, { onCleanup }) => {
        const sandbox = await startSandbox()
        onCleanup(() => sandbox.stop())
        return sandbox
      })
      .extend('client', { scope: 'file' }, ({ sandbox }, { onCleanup }) => {
        const client = new kind({
          endpoint: sandbox.url,
          region: 'us-east-1',
          credentials: sandboxCredentials,
          maxAttempts: 1,
        })
        onCleanup(() => client.destroy())
        return client
      })
  )
}
