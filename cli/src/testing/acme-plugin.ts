/** A plugin of one table that asks an HTTP server of the test, installed in a home. */
import { mkdir, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/**
 * Installs the plugin, with a configuration that has its connection `acme` alone. Its table `acme_page` has `path`, a
 * required key, and `body`, what the server answers.
 * @param api listens already
 * @param before JavaScript that stands before the table asks: it may use `path`, `connection` and `signal`
 */
export async function installAcmePlugin(home: string, api: Server, before = ''): Promise<void> {
  const folder = join(home, 'node_modules/millrace-plugin-acme')
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'package.json'),
    '{ "name": "millrace-plugin-acme", "type": "module", "exports": "./plugin.js" }',
  )
  await writeFile(
    join(folder, 'plugin.js'),
    `export default {
       name: 'acme', description: 'Acme',
       config: { safeParse: (data) => ({ success: true, data }) },
       connect: (config) => config,
       tables: [{
         name: 'acme_page', description: 'Pages', examples: [],
         columns: { path: { type: 'text', description: 'Path' }, body: { type: 'text', description: 'Body' } },
         keys: { path: { operators: ['='], require: 'required', valuesPerCall: 1 } },
         async *list({ quals, connection, signal }) {
           const [path] = quals.path[0].values
           ${before}
           yield [{ path, body: await (await fetch(connection.url + path, { signal })).text() }]
         },
       }],
     }`,
  )
  const { port } = api.address() as AddressInfo
  const acme = { plugin: 'millrace-plugin-acme', url: `http://127.0.0.1:${port}` }
  await writeFile(join(home, 'config.json'), JSON.stringify({ connections: { acme } }), { mode: 0o600 })
}
