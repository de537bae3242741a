/** Plugins are installed from a registry of this machine. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestRegistry, type TestRegistry, testMachine } from '../testing/test-registry.js'
import { installPlugin, uninstallPlugin } from './install-plugin.js'
import { installedPlugin, installedPlugins } from './installed-plugins.js'
import { parsePluginReference } from './plugin-reference.js'
import { dockerCredentials } from './registry-credentials.js'

let registry: TestRegistry
let root = ''
beforeEach(async () => {
  registry = await startTestRegistry()
  root = await mkdtemp(join(tmpdir(), 'millrace-install-'))
})
afterEach(async () => {
  await registry.stop()
  await rm(root, { recursive: true, force: true })
})

const binary = Buffer.from('#!/bin/sh\necho a plugin\n')
const image = (version: string) => ({
  version,
  binary: Buffer.concat([binary, Buffer.from(`# ${version}\n`)]),
})

function reference(constraint = 'latest') {
  const parsed = parsePluginReference(`${registry.host}/acme/acme@${constraint}`)
  if (parsed === undefined) throw new Error('no reference')
  return parsed
}

const install = (constraint?: string, environment: Record<string, string> = {}) =>
  installPlugin(reference(constraint), {
    root,
    configFolder: join(root, 'config'),
    machine: testMachine,
    credentials: dockerCredentials({ HOME: root, ...environment }),
    signal: new AbortController().signal,
  })

/** What is left in the folder of plugins: nothing but folders of whole plugins. */
async function leftovers(): Promise<string[]> {
  return (await readdir(join(root, 'plugins')).catch(() => [])).filter((name) => name.startsWith('.'))
}

test('a plugin, its version and a file of connections', async () => {
  registry.images.set('latest', image('1.2.3'))
  const installed = await install()
  expect(installed).toMatchObject({ version: '1.2.3', isUnchanged: false })
  expect(await readFile(installed.path, 'utf8')).toContain('# 1.2.3')
  expect((await stat(installed.path)).mode & 0o777).toBe(0o755)
  expect(installed.configuration).toBe(join(root, 'config/acme.spc'))
  expect(await readFile(join(root, 'config/acme.spc'), 'utf8')).toContain('connection "acme"')
  expect(await installedPlugin(reference(), [root])).toEqual({ name: installed.name, path: installed.path })
  expect(await installedPlugins(root)).toEqual([{ name: installed.name, path: installed.path }])
  expect(await leftovers()).toEqual([])
})

test('only what this machine needs is fetched', async () => {
  registry.images.set('latest', image('1.0.0'))
  await install()
  expect(registry.requests.filter((path) => path.includes('/blobs/'))).toHaveLength(3)
})

test('an update replaces it, and one that is the same changes nothing', async () => {
  registry.images.set('latest', image('1.0.0'))
  await install()
  await writeFile(join(root, 'config/acme.spc'), 'mine')
  registry.requests.length = 0
  expect(await install()).toMatchObject({ version: '1.0.0', isUnchanged: true })
  expect(registry.requests.filter((path) => path.includes('/blobs/'))).toEqual([])
  registry.images.set('latest', image('1.1.0'))
  const installed = await install()
  expect(installed).toMatchObject({ version: '1.1.0', isUnchanged: false, configuration: undefined })
  expect(await readFile(installed.path, 'utf8')).toContain('# 1.1.0')
  expect(await readFile(join(root, 'config/acme.spc'), 'utf8')).toBe('mine')
  expect(await leftovers()).toEqual([])
})

test.each([
  ['1', '1.10.0'],
  ['^1.2', '1.10.0'],
  ['~1.2', '1.2.5'],
  ['>=1.2, <1.9', '1.2.5'],
  ['0.9.0', '0.9.0'],
])('the newest version that %s allows: %s', async (constraint, version) => {
  for (const tag of ['latest', '0.9.0', '1.2.4', '1.2.5', '1.10.0', '2.0.0', '2.1.0-rc.1', '20230101.1']) {
    registry.images.set(tag, image(tag))
  }
  expect((await install(constraint)).version).toBe(version)
})

describe('nothing is installed', () => {
  test.each([
    ['another digest', /it was changed on its way/],
    ['no gzip', /cannot be read: incorrect header check/],
    ['cut off', /cannot be read|have come/],
    ['too long', /more has come than/],
    ['for another machine', /no plugin for linux on amd64/],
    ['no manifest', /is no plugin/],
  ] as const)('%s', async (fault, message) => {
    registry.images.set('latest', image('1.0.0'))
    await install()
    registry.images.set('latest', { ...image('2.0.0'), fault })
    await expect(install()).rejects.toThrow(message)
    const [installed] = await installedPlugins(root)
    expect(await readFile(installed?.path ?? '', 'utf8')).toContain('# 1.0.0')
    expect(await leftovers()).toEqual([])
  })

  test('of a version that is not there', async () => {
    registry.images.set('1.0.0', image('1.0.0'))
    await expect(install('^2.0')).rejects.toThrow('there is no version of acme that ^2.0 allows')
    await expect(install('latest')).rejects.toThrow(/manifests\/latest: there is none/)
  })

  test('from a registry that cannot be reached', async () => {
    await registry.stop()
    await expect(install()).rejects.toThrow(/^localhost:\d+ cannot be reached: /)
    registry = await startTestRegistry()
  })
})

test('links and paths to elsewhere in an archive reach nothing', async () => {
  registry.images.set('latest', {
    ...image('1.0.0'),
    entries: [
      { name: '../../escaped.spc' },
      { name: '/etc/escaped.spc' },
      { name: 'config/acme.spc', linkname: '/etc/passwd' },
    ],
  })
  await install()
  expect((await readdir(root)).sort()).toEqual(['config', 'plugins'])
  expect(await readdir(join(root, 'config'))).toEqual(['acme.spc'])
  expect((await stat(join(root, 'config/acme.spc'))).isFile()).toBe(true)
})

describe('a registry that wants credentials', () => {
  beforeEach(() => {
    registry.images.set('latest', image('1.0.0'))
  })

  test.each(['basic', 'token'] as const)('gets those that Docker has: %s', async (kind) => {
    registry.access = { kind, credentials: 'me:secret' }
    await mkdir(join(root, '.docker'))
    const auth = Buffer.from('me:secret').toString('base64')
    await writeFile(
      join(root, '.docker/config.json'),
      JSON.stringify({ auths: { [registry.host]: { auth } } }),
    )
    expect((await install()).version).toBe('1.0.0')
  })

  test('from a helper of Docker', async () => {
    registry.access = { kind: 'basic', credentials: 'me:secret' }
    const helper = join(root, 'docker-credential-test')
    await writeFile(helper, `#!/bin/sh\ncat > /dev/null\necho '{"Username": "me", "Secret": "secret"}'\n`)
    await chmod(helper, 0o755)
    const config = { credHelpers: { [registry.host]: 'test' } }
    await writeFile(join(root, 'config.json'), JSON.stringify(config))
    const path = process.env.PATH
    process.env.PATH = `${root}:${path}`
    try {
      expect((await install('latest', { DOCKER_CONFIG: root })).version).toBe('1.0.0')
    } finally {
      process.env.PATH = path
    }
  })

  test('without any, says what to do', async () => {
    registry.access = { kind: 'basic', credentials: 'me:secret' }
    await expect(install()).rejects.toThrow(
      /wants credentials, and Docker has none for it: docker login localhost:/,
    )
    registry.access = { kind: 'token', credentials: 'me:secret' }
    await expect(install()).rejects.toThrow(/refuses access to acme\/acme \(status 403\)/)
  })
})

test('what is uninstalled is gone', async () => {
  registry.images.set('latest', image('1.0.0'))
  await install()
  expect(await uninstallPlugin(reference(), root)).toBe(true)
  expect(await uninstallPlugin(reference(), root)).toBe(false)
  expect(await installedPlugins(root)).toEqual([])
})
