/** shodan_protocol: the protocols that Shodan speaks. */
import { fieldsOf, text } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isTextByName } from '../expected-answers.js'
import { textOrNull } from '../values.js'

export const shodanProtocol = defineTable({
  name: 'shodan_protocol',
  description: 'The protocols in which Shodan can be asked to look at a host.',
  columns: { name: text('The name.'), description: text('What is done.') },
  keys: {},
  cache: { ttl: 86_400 },
  calls: [{ name: 'shodan/protocols' }],
  async *list({ call, connection }) {
    const protocols = await call('shodan/protocols', (signal) =>
      connection.get({ path: '/shodan/protocols', signal }, isTextByName),
    )
    yield Object.entries(fieldsOf(protocols)).map(([name, description]) => ({
      name,
      description: textOrNull(description),
    }))
  },
  examples: [
    {
      title: 'Protocols of databases',
      sql: "select name, description from shodan_protocol where name ~ 'sql|mongo'",
    },
  ],
})
