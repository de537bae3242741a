/** Tests that take the tables' surroundings as fixtures: new for each test, started only if it asks for them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as plainTest } from 'vitest'
import { startAwsHarness } from './aws-harness.js'
import { startStubAws } from './stub-aws.js'

export const test = plainTest
  /** The sandbox, and connections to it. */
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture depends on
  .extend('harness', async ({}, { onCleanup }) => {
    const harness = await startAwsHarness()
    onCleanup(() => harness.stop())
    return harness
  })
  /** A server that answers as the test says, and connections to it. */
  // biome-ignore lint/correctness/noEmptyPattern: as above
  .extend('stub', async ({}, { onCleanup }) => {
    const stub = await startStubAws()
    onCleanup(() => stub.stop())
    return stub
  })
  /** An empty folder, removed after the test. */
  // biome-ignore lint/correctness/noEmptyPattern: as above
  .extend('folder', async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-aws-'))
    onCleanup(() => rm(folder, { recursive: true }))
    return folder
  })
