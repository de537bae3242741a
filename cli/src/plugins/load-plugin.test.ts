import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadPlugin, locatePlugin } from './load-plugin.js'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-plugins-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const places = () => ({ home, environment: { HOME: home } })

async function install(name: string, source: string, exports: unknown = './plugin.js'): Promise<void> {
  const folder = join(home, 'node_modules', name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', exports }))
  await writeFile(join(folder, 'plugin.js'), source)
}

const plugin = (table = '{}') => `export default {
  name: 'acme', description: 'Acme', connect() {}, config: { safeParse() {} },
  tables: [{ name: 'acme_user', description: 'Users', columns: { id: { type: 'text', description: 'Id' } },
    keys: {}, async *list() {}, examples: [], ...${table} }],
}`

const refusal = (name: string) =>
  loadPlugin(name, places()).then(
    () => 'loaded',
    (error) => error.message,
  )

describe('plugins', () => {
  it.each(['aws', 'ipstack', 'net', 'abuseipdb', 'shodan', 'file', 'http_json'])(
    'of our own load by their short name: %s',
    async (name) => {
      expect((await loadPlugin(name, places())).name).toBe(name)
    },
  )

  it.each(['acme', '@acme/millrace-plugin'])('load from the home: %s', async (name) => {
    await install(name, plugin())
    expect(await loadPlugin(name, places())).toMatchObject({ tables: [{ name: 'acme_user' }] })
  })

  it('load from packages that can only be imported', async () => {
    await install('acme', plugin(), { '.': { import: './plugin.js' } })
    expect((await loadPlugin('acme', places())).name).toBe('acme')
  })

  it('load from where Millrace is installed', async () => {
    // A package of ours that is there, but is no plugin.
    expect(await refusal('zod')).toMatch(/^the default export of the package "zod" is no plugin: name: /)
  })

  it('that are not installed are told of, with the command to install them', async () => {
    expect(await refusal('acme')).toBe(
      `there is no plugin "acme": plugins of Millrace are aws, ipstack, net, abuseipdb, shodan, file, http_json; another is to be installed first, as an npm package: millrace plugin install acme, or as a plugin of Steampipe: millrace plugin install steampipe/acme`,
    )
  })

  it.each([
    ['awz', 'aws'],
    ['asw', 'aws'],
    ['aw', 'aws'],
    ['steampipe-plugin-aws', 'aws'],
    ['@turbot/aws', 'aws'],
    ['ip-stack', 'ipstack'],
    ['ipstak', 'ipstack'],
  ])('that are mistyped are not to be installed: %s', async (name, meant) => {
    expect(await refusal(name)).toBe(`there is no plugin "${name}"; did you mean "${meant}"?`)
  })

  it.each(['data:text/javascript,1', 'node:fs', '..', '', 'file:///acme'])(
    'are not loaded by anything but names of packages and paths: %j',
    async (name) => {
      expect(await refusal(name)).toMatch(
        /is neither one of the plugins aws, ipstack, net, abuseipdb, shodan, file, http_json, nor the name/,
      )
    },
  )

  it('load by the name without what plugins are called, and the whole name comes first', async () => {
    await install('millrace-plugin-acme', plugin())
    expect(await locatePlugin('acme', places())).toMatchObject({ name: 'millrace-plugin-acme' })
    await install('acme', plugin())
    expect(await locatePlugin('acme', places())).toMatchObject({ name: 'acme' })
  })

  it.each([
    ['{ "name": "acme", "exports": "./plugin.js" }', ''],
    ['{ "name": "acme", "exports": { ".": { "import": "./plugin.js" } } }', ''],
    ['{ "main": "plugin.js" }', ''],
    ['{}', '/plugin.js'],
  ])('load from the path of their folder, or of their module: %s', async (manifest, file) => {
    await mkdir(join(home, 'written'))
    await writeFile(
      join(home, 'written/package.json'),
      manifest.replace('{', '{ "type": "module",').replace(',}', '}'),
    )
    await writeFile(join(home, 'written/plugin.js'), plugin())
    for (const name of [`./written${file}`, `~/written${file}`, join(home, `written${file}`)]) {
      expect((await loadPlugin(name, places())).name, name).toBe('acme')
      expect(await locatePlugin(name, places())).toMatchObject({
        kind: 'path',
        name: join(home, `written${file}`),
      })
    }
  })

  it('whose path leads nowhere are told of', async () => {
    expect(await refusal('./nowhere')).toBe(`there is no plugin at ${join(home, 'nowhere')}`)
    expect(await refusal('/etc/passwd')).toBe('there is no plugin at /etc/passwd')
    await mkdir(join(home, 'empty'))
    expect(await refusal('./empty')).toBe(
      `there is no plugin at ${join(home, 'empty')}: it has no package.json`,
    )
    await writeFile(join(home, 'empty/package.json'), '{ "name": "acme", "exports": {} }')
    expect(await refusal('./empty')).toMatch(
      /package\.json does not say where the plugin is: No "exports" main defined/,
    )
    await writeFile(join(home, 'empty/package.json'), '{ "main": "absent.js" }')
    expect(await refusal('./empty')).toMatch(/^the plugin "\.\/empty" cannot be loaded: Cannot find module/)
    await writeFile(join(home, 'empty/absent.js'), 'module.exports = {}')
    expect(await refusal('./empty')).toMatch(/^the default export of \/.*\/empty is no plugin: /)
  })

  it('of Steampipe load from where Millrace or Steampipe has put them, one for all connections', async () => {
    const folder = join(home, '.steampipe/plugins/hub.steampipe.io/plugins/turbot/zendesk@latest')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'steampipe-plugin-zendesk.plugin'), '')
    const plugin = await loadPlugin('zendesk', places())
    expect(plugin.name).toBe('hub.steampipe.io/plugins/turbot/zendesk@latest')
    for (const name of [
      'steampipe:zendesk',
      'turbot/zendesk@latest',
      plugin.name,
      join(folder, 'steampipe-plugin-zendesk.plugin'),
    ]) {
      expect(await loadPlugin(name, places()), name).toBe(plugin)
    }
    expect(await refusal('steampipe:zendesk@^1.0')).toMatch(
      /millrace plugin install steampipe\/zendesk@\^1\.0$/,
    )
    expect(await refusal('/nowhere/zendesk.plugin')).toBe('there is no plugin at /nowhere/zendesk.plugin')
    // Millrace's own win.
    expect((await loadPlugin('aws', places())).name).toBe('aws')
    expect(await refusal('steampipe:aws')).toMatch(/^there is no plugin "steampipe:aws": /)
  })

  it('that fail are told of', async () => {
    await install('acme', 'throw new Error("no luck")')
    expect(await refusal('acme')).toBe('the plugin "acme" cannot be loaded: no luck')
  })

  it('whose package has no entry are told of', async () => {
    await install('acme', plugin(), { './other': './plugin.js' })
    expect(await refusal('acme')).toMatch(/^the plugin "acme" cannot be loaded: No "exports" main defined/)
  })

  it.each([
    ['{ columns: { id: "text" } }', 'column "id": Invalid input: expected object'],
    ['{ list: [] }', 'list: expected a function'],
    ['{ keys: { nid: { operators: [] } } }', 'key "nid": there is no column "nid"'],
    [
      '{ hydrate: { more: { columns: ["x"], fetch() {} } } }',
      'hydrate function "more", columns: there is no column "x"',
    ],
    ['{ examples: undefined }', 'examples: Invalid input: expected array'],
  ])('with a table of %s are told of by the names of plugin and table', async (table, fault) => {
    await install('acme', plugin(table))
    expect(await refusal('acme')).toContain(
      `the default export of the package "acme" is no plugin: plugin "acme", table "acme_user", ${fault}`,
    )
  })

  it('without a default export are told of', async () => {
    await install('acme', 'export const plugin = {}')
    expect(await refusal('acme')).toMatch(/is no plugin: Invalid input: expected object, received undefined/)
  })
})
