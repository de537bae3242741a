/** shodan_port: the ports that Shodan looks at. */
import { bigint } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { integerOrNull } from '../values.js'

export const shodanPort = defineTable({
  name: 'shodan_port',
  description: 'The ports that Shodan looks at.',
  columns: { port: bigint('The port.') },
  keys: {},
  cache: { ttl: 86_400 },
  calls: [{ name: 'shodan/ports' }],
  async *list({ call, connection }) {
    const ports = await call('shodan/ports', (signal) =>
      connection.get({ path: '/shodan/ports', signal }, Array.isArray),
    )
    if (Array.isArray(ports)) yield ports.map((port: unknown) => ({ port: integerOrNull(port) }))
  },
  examples: [{ title: 'How many ports Shodan looks at', sql: 'select count(*) from shodan_port' }],
})
