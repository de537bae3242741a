/** The examples of every table's page, against the sandbox. */
import aws from '@millrace/plugin-aws/plugin'
import ipstack from '@millrace/plugin-ipstack/plugin'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWorld, type World } from './testing/world.js'

let world: World
let client: pg.Client

beforeAll(async () => {
  world = await startWorld()
  client = await world.connect()
})

afterAll(() => world?.stop())

describe.each([...aws.tables, ...ipstack.tables])('$name', ({ name, examples }) => {
  test('has examples', () => expect(examples.length).toBeGreaterThan(0))

  test.each(examples)('$title', async ({ sql }) => {
    expect(sql).toContain(name)
    const { fields } = await client.query(sql)
    expect(fields.length).toBeGreaterThan(0)
  })
})
