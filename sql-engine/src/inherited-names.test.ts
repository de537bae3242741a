/** Columns whose names every object has members of. */
import { type Columns, definePlugin, tablesOf, text } from '@millrace/plugin-sdk'
import { expect } from 'vitest'
import { z } from 'zod'
import { freshEngineTest } from './testing/engine-test.js'

const columns: Columns = { team: text('Team'), constructor: text('Who builds'), valueOf: text('A value') }

const plugin = definePlugin({
  name: 'races',
  description: 'Races.',
  config: z.unknown(),
  connect: () => undefined,
  tables: [
    tablesOf<undefined>()({
      name: 'race',
      description: 'One row each.',
      columns,
      keys: { team: { operators: ['='] } },
      examples: [],
      async *list() {
        yield [{ team: 'red', constructor: 'builders' }, { team: 'blue' }]
      },
    }),
  ],
})

const test = freshEngineTest({ plugin, connectionName: 'here' })

test('a row has what its plugin gives, and NULL elsewhere', async ({ session }) => {
  const of = (where: string) =>
    session.query(`select team, constructor, "valueOf" as value from race where ${where} order by 1`)
  const [blue, red] = [
    { team: 'blue', constructor: null, value: null },
    { team: 'red', constructor: 'builders', value: null },
  ]
  expect(await of('true')).toEqual([blue, red])
  expect(await of(`constructor = 'builders'`)).toEqual([red])
  expect(await of(`"valueOf" is null and team = 'blue'`)).toEqual([blue])
})
