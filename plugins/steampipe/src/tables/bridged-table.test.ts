/** What the SDK loses or doubles on its way shows in answers that are made up here. */
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { describe, expect, test } from 'vitest'
import type { PluginHost } from '../process/plugin-host.js'
import { MessageWriter } from '../protocol/message-writer.js'
import type { PluginTable } from '../protocol/plugin-schema.js'
import { bridgedTable } from './bridged-table.js'

const table: PluginTable = {
  name: 'acme_thing',
  description: '',
  columns: [{ name: 'name', type: 'string', description: '' }],
  getKeys: [],
  listKeys: [{ name: 'name', operators: ['='], require: 'optional' }],
}

/** A row, with how many the plugin says that it has fetched so far. */
function message(name: string, fetched: number): Buffer {
  return Buffer.from(
    MessageWriter.write((writer) =>
      writer
        .message(1, (row) => row.entry(1, 'name', (column) => column.presentString(5, name)))
        .message(2, (metadata) => metadata.int64(2, fetched)),
    ),
  )
}

/** A plugin that gives an answer for each call of Execute. */
function hostOf(answers: readonly (readonly Buffer[])[]) {
  let made = 0
  const host = {
    nextCallId: () => `m${made}`,
    async *execute() {
      yield answers[made++] ?? []
    },
  } as unknown as PluginHost
  return { host, count: () => made }
}

function rowsFrom(
  answers: readonly (readonly Buffer[])[],
  request: { readonly limit?: number; readonly names?: readonly [string, ...string[]] },
) {
  const { host, count } = hostOf(answers)
  const { limit, names } = request
  const rows = collectRows(bridgedTable(table, host), {
    connection: undefined,
    ...(limit === undefined ? {} : { limit }),
    ...(names === undefined ? {} : { quals: { name: [{ operator: '=' as const, values: names }] } }),
  })
  return rows.then((found) => ({ names: found.map(({ name }) => name), calls: count() }))
}

describe('rows that the plugin has fetched and not sent', () => {
  test('are an error', async () => {
    const error = await errorOf(rowsFrom([[message('a', 1), message('b', 3)]], {}))
    expect(error).toMatchObject({ message: expect.stringContaining('fetched 3 rows, and sent 2') })
  })

  test('a count that is too small is none', async () => {
    expect(await rowsFrom([[message('a', 1), message('b', 1)]], {})).toEqual({ names: ['a', 'b'], calls: 1 })
  })
})

describe('a limit', () => {
  test('is enough where as many rows come', async () => {
    expect(await rowsFrom([[message('a', 1), message('b', 2)]], { limit: 2 })).toEqual({
      names: ['a', 'b'],
      calls: 1,
    })
  })

  test('is not passed a second time where fewer come', async () => {
    const all = [message('a', 1), message('b', 2), message('c', 3)]
    expect(await rowsFrom([all.slice(0, 1), all], { limit: 2 })).toEqual({ names: ['a', 'b', 'c'], calls: 2 })
  })
})

describe('values of one condition that the API takes for the same', () => {
  test('rows that are alike are asked for once more, each value alone', async () => {
    const answers = [[message('x', 1), message('x', 2), message('y', 3)], [message('x', 1)]]
    expect(await rowsFrom(answers, { names: ['x', 'X', 'y'] })).toEqual({ names: ['x', 'y'], calls: 2 })
  })

  test('rows that are alike because there are two stay two', async () => {
    const answers = [
      [message('x', 1), message('x', 2), message('y', 3)],
      [message('x', 1), message('x', 2)],
    ]
    expect(await rowsFrom(answers, { names: ['x', 'y'] })).toEqual({ names: ['x', 'y', 'x'], calls: 2 })
  })

  test('rows of other values are dropped: another call may yield them', async () => {
    expect(await rowsFrom([[message('x', 1), message('z', 2)]], { names: ['x', 'y'] })).toEqual({
      names: ['x'],
      calls: 1,
    })
  })
})
