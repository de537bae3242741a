/** Tests of one gateway, which a file shares; it and its clients end with the file. */
import { test as plainTest } from 'vitest'
import { startTestGateway } from './test-gateway.js'

/** With the gateway alone. What it has been asked is forgotten before each test. */
export const worldTest = plainTest
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture depends on
  .extend('world', { scope: 'file' }, async ({}, { onCleanup }) => {
    const world = await startTestGateway()
    onCleanup(() => world.stop())
    return world
  })
  .extend('forgottenCalls', { auto: true }, ({ world }) => world.calls.splice(0))

/** With a client as well, which the tests of the file share. */
export const test = worldTest.extend('client', { scope: 'file' }, ({ world }) => world.connect())
