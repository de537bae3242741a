/** Tests of one gateway, which a file shares; it and its clients end with the file. */
import { test as plainTest } from 'vitest'
import { startTestGateway } from './test-gateway.js'

/** With the gateway alone. What it has been asked is forgotten before each test. */
export const gatewayTest = plainTest
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture depends on
  .extend('harness', { scope: 'file' }, async ({}, { onCleanup }) => {
    const harness = await startTestGateway()
    onCleanup(() => harness.stop())
    return harness
  })
  .extend('forgottenCalls', { auto: true }, ({ harness }) => harness.calls.splice(0))

/** With a client as well, which the tests of the file share. */
export const test = gatewayTest.extend('client', { scope: 'file' }, ({ harness }) => harness.connect())
