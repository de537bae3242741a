/** Somebody who has Steampipe comes over: the command, a home of its own, and the plugin's file where Steampipe has it. */
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCommand, MillraceProcess } from 'millrace/testing/millrace-process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bridgePlugin, buildTimeout, hasGo } from '../testing/bridge-plugin.js'

let folder = ''
let home = ''

/** The folder of a plugin, as Steampipe lays them out. */
const pluginFolder = (name: string) =>
  join(folder, `.steampipe/plugins/hub.steampipe.io/plugins/turbot/${name}@latest`)
const pluginFile = (name: string) => join(pluginFolder(name), `steampipe-plugin-${name}.plugin`)
const configFile = (name: string) => join(folder, '.steampipe/config', name)

beforeAll(async () => {
  if (!hasGo()) return
  await buildCommand()
  folder = await mkdtemp(join(tmpdir(), 'millrace-coming-over-'))
  // As root, PostgreSQL runs under another account, which has to get through.
  await chmod(folder, 0o711)
  home = join(folder, 'home')
  await mkdir(join(folder, '.steampipe/config'), { recursive: true })
  await writeFile(
    configFile('bridge.spc'),
    'connection "bridge" {\n  plugin = "bridge"\n  word = "yesterday"\n}\n',
  )
  await writeFile(configFile('net.spc'), 'connection "net" {\n  plugin = "net"\n}\n')
  for (const name of ['bridge', 'net']) {
    await mkdir(pluginFolder(name), { recursive: true })
    await copyFile(await bridgePlugin(), pluginFile(name))
  }
}, buildTimeout)
afterAll(async () => {
  if (folder !== '') await rm(folder, { recursive: true, force: true })
})

async function millrace(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new MillraceProcess(args, {
    HOME: folder,
    MILLRACE_HOME: home,
    MILLRACE_LOG: 'silent',
  }).ended
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
  return stdout
}

async function rows(sql: string): Promise<unknown> {
  return JSON.parse(await millrace('query', '--output', 'json', sql)).rows
}

describe.runIf(hasGo())('a set-up of Steampipe', () => {
  beforeAll(async () => {
    expect(await millrace('config', 'import', join(folder, '.steampipe'))).toContain('2 files written')
  })

  test('answers as before, from the same files', async () => {
    expect(await rows('select word from bridge.bridge_setting')).toEqual([{ word: 'yesterday' }])
    expect(await rows(`select id from bridge_item where id in ('item-1', 'item-7') order by 1`)).toEqual([
      { id: 'item-1' },
      { id: 'item-7' },
    ])
  }, 60_000)

  test('shows its plugins and tries its connections', async () => {
    const shown = await millrace('plugin', 'show', 'bridge')
    expect(shown).toContain(`  path         ${pluginFile('bridge')}\n`)
    expect(shown).toContain('  connections  bridge\n')
    expect(shown).toMatch(/\nbridge_lookup: .*\n {4}key = \(required\)\n/)
    expect(await millrace('plugin', 'list')).toContain('turbot/bridge@latest')
    expect(await millrace('connection', 'test', 'bridge')).toMatch(/^bridge: its settings are right/)
  }, 60_000)

  test('has tables of Millrace and of Steampipe in one connection, where a plugin of a name is there twice', async () => {
    const tables = `select name, plugin from millrace.table where connection = 'net'
      and name in ('net_dns_record', 'bridge_item') order by 1`
    const theirs = 'hub.steampipe.io/plugins/turbot/net@latest'
    expect(await rows(tables)).toEqual([
      { name: 'bridge_item', plugin: theirs },
      { name: 'net_dns_record', plugin: 'net' },
    ])
    expect(await rows(`select obj_description('net.bridge_item'::regclass) as it`)).toEqual([
      { it: expect.stringMatching(/ \(steampipe-plugin-net\.plugin, a plugin of Steampipe\)$/) },
    ])
    expect(
      await rows(`select id, sp_connection_name as name from net.bridge_item where id = 'item-7'`),
    ).toEqual([{ id: 'item-7', name: 'net' }])
    // And the other plugin's own run, too.
    expect(
      await millrace('query', '--explain', `select * from net.net_dns_record where domain = 'a.test'`),
    ).toContain("Pushed: domain = 'a.test'")
  }, 60_000)

  test('chooses one of the two where it is told to', async () => {
    await writeFile(
      join(home, 'config', 'more.yaml'),
      `connections:
  ours: { plugin: "millrace:net" }
  theirs: { plugin: "steampipe:net" }
`,
      { mode: 0o600 },
    )
    expect(
      await rows(`select connection, count(*) filter (where name ~ '^net_')::int > 0 as ours,
          count(*) filter (where name ~ '^bridge_')::int > 0 as theirs
        from millrace.table where connection in ('ours', 'theirs') group by 1 order by 1`),
    ).toEqual([
      { connection: 'ours', ours: true, theirs: false },
      { connection: 'theirs', ours: false, theirs: true },
    ])
  }, 60_000)

  test('goes on with the tables of Millrace where the other plugin does not start, and says so', async () => {
    await rm(pluginFile('net'))
    await writeFile(pluginFile('net'), '#!/bin/sh\necho broken since the update >&2\nexit 3\n', {
      mode: 0o755,
    })
    expect(
      await rows(`select c.state, c.notices::text, count(t.name)::int > 0 as serves from millrace.connection c
        join millrace.table t on t.connection = c.name where c.name = 'net' group by 1, 2`),
    ).toEqual([
      {
        state: 'ready',
        notices: expect.stringMatching(
          /the tables of .*turbot\/net@latest are not known: .*broken since the update/,
        ),
        serves: true,
      },
    ])
  }, 60_000)
})
