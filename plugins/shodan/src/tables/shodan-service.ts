/** shodan_service: the services that Shodan looks for. */
import { bigint, fieldsOf, text } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isTextByName } from '../expected-answers.js'
import { textOrNull } from '../values.js'

export const shodanService = defineTable({
  name: 'shodan_service',
  description: 'The services that Shodan looks for, by their ports.',
  columns: { port: bigint('The port.'), name: text('The name of the service.') },
  keys: {},
  cache: { ttl: 86_400 },
  calls: [{ name: 'shodan/services' }],
  async *list({ call, connection }) {
    const services = await call('shodan/services', (signal) =>
      connection.get({ path: '/shodan/services', signal }, isTextByName),
    )
    yield Object.entries(fieldsOf(services)).map(([port, name]) => ({
      port: /^\d{1,5}$/.test(port) ? Number(port) : null,
      name: textOrNull(name),
    }))
  },
  examples: [
    { title: 'Services by port', sql: 'select port, name from shodan_service order by port limit 20' },
  ],
})
