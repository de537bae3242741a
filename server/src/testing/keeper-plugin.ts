/** A plugin whose connections each keep one secret, and which notes which of them are asked. */
import { definePlugin, type StaticPlugin, tablesOf, text } from '@millrace/plugin-sdk'
import { z } from 'zod'

export interface KeeperPlugin {
  readonly plugin: StaticPlugin
  /** What the connections that were asked keep, one for each call. */
  readonly asked: string[]
}

export function keeperPlugin(): KeeperPlugin {
  const asked: string[] = []
  const plugin = definePlugin({
    name: 'keeper',
    description: 'Secrets of a test.',
    config: z.object({ keeps: z.string() }),
    identity: ({ keeps }) => keeps,
    connect: ({ keeps }) => keeps,
    tables: [
      tablesOf<string>()({
        name: 'secret',
        description: 'What a connection keeps.',
        columns: { name: text('Name'), value: text('Value') },
        keys: {},
        examples: [],
        async *list({ connection, call }) {
          yield await call('List', async () => {
            asked.push(connection)
            return [{ name: 'it', value: connection }]
          })
        },
      }),
    ],
  })
  return { plugin, asked }
}
