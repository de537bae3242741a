/** `millrace plugin`, as a process: a registry of this machine, npm with folders, tarballs and a registry of our own. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startTestRegistry, type TestRegistry } from '@millrace/plugin-steampipe/testing/test-registry'
import pg from 'pg'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'

let home = ''
let files = ''

beforeAll(buildCommand, 120_000)
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-plugin-home-'))
  await chmod(home, 0o711)
  files = await mkdtemp(join(tmpdir(), 'millrace-plugin-files-'))
})
afterEach(async () => {
  await rm(home, { recursive: true, force: true })
  await rm(files, { recursive: true, force: true })
})

/** Nothing of this machine's own plugins or settings of npm is seen; no registry can be reached unless one is given. */
const variables = () => ({
  MILLRACE_HOME: home,
  HOME: files,
  npm_config_cache: join(files, 'cache'),
  npm_config_registry: 'http://127.0.0.1:1/',
  npm_config_fetch_retries: '0',
})

const millrace = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  new MillraceProcess(['plugin', ...args], { ...variables(), ...more }).ended

const listed = async () => {
  const { code, stdout, stderr } = await millrace(['list', '--output', 'jsonl'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]))
}

const configure = (connections: object) =>
  writeFile(join(home, 'config.json'), JSON.stringify({ connections }), { mode: 0o600 })

/** A folder with an npm package; its scripts would leave a file behind. */
async function packageFolder(version = '1.2.3', source = pluginSource): Promise<string> {
  const folder = join(files, 'acme')
  await mkdir(folder, { recursive: true })
  const manifest = {
    name: 'millrace-plugin-acme',
    version,
    type: 'module',
    exports: './plugin.js',
    scripts: { install: `touch ${join(files, 'ran')}`, postinstall: `touch ${join(files, 'ran')}` },
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(folder, 'plugin.js'), source)
  return folder
}

const pluginSource = `export default {
  name: 'acme', description: 'Users of Acme', connect() {},
  config: { safeParse: (data) => ({ success: true, data }) },
  tables: [{ name: 'acme_user', description: 'Users', examples: [],
    columns: { id: { type: 'text', description: 'Id' }, team: { type: 'text', description: 'Team' } },
    keys: { team: { operators: ['=', '<>'], require: 'required' }, id: { operators: ['='] } },
    async *list() { yield [{ id: 'u1', team: 'a' }] } }],
}`

describe('npm packages', () => {
  it('from a folder: shown, installed without their scripts, listed with their connections, and removed', async () => {
    const folder = await packageFolder()
    const { code, stdout, stderr } = await millrace(['install', folder, '--yes'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        'installed millrace-plugin-acme 1.2.3; connections name it by plugin = "millrace-plugin-acme"\n',
    })
    expect(stderr).toMatch(/^millrace-plugin-acme 1\.2\.3\n/)
    expect(stderr).toMatch(/ {2}publisher {8}unknown: it comes from no registry\n/)
    expect(stderr).toMatch(/ {2}install scripts {2}of millrace-plugin-acme; they are not run\n/)
    expect(existsSync(join(files, 'ran'))).toBe(false)

    await configure({
      work: { plugin: 'millrace-plugin-acme' },
      own: { plugin: 'aws' },
      odd: { plugin: 'zzz' },
    })
    const all = await listed()
    expect(all).toContainEqual(
      expect.objectContaining({
        plugin: 'millrace-plugin-acme',
        kind: 'npm',
        version: '1.2.3',
        connections: 'work',
      }),
    )
    expect(all).toContainEqual(
      expect.objectContaining({ plugin: 'aws', kind: 'built-in', connections: 'own' }),
    )
    expect(all).toContainEqual(
      expect.objectContaining({ plugin: 'zzz', kind: 'not installed', connections: 'odd' }),
    )

    expect(await millrace(['show', 'millrace-plugin-acme'])).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: `acme: Users of Acme
  version      1.2.3
  path         ${join(home, 'node_modules/millrace-plugin-acme')}
  connections  work
  tables       1

acme_user: Users (2 columns)
    team = <> (required)
    id =
`,
    })

    const refused = await millrace(['uninstall', 'millrace-plugin-acme'])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(
      /is used by work \(.*config\.json:1.*\): take the connections out first, or say --force/,
    )
    expect(await millrace(['uninstall', 'millrace-plugin-acme', '--force'])).toMatchObject({
      code: 0,
      stdout: 'uninstalled millrace-plugin-acme\n',
    })
    expect(await readdir(join(home, 'node_modules'))).not.toContain('millrace-plugin-acme')
  }, 60_000)

  it('from a tarball, and updated from where they came from', async () => {
    const folder = await packageFolder('1.0.0')
    const pack = () =>
      promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', files], { cwd: folder })
    await pack()
    const tarball = join(files, 'millrace-plugin-acme-1.0.0.tgz')
    expect(await millrace(['install', tarball, '--yes'])).toMatchObject({ code: 0 })
    expect(await millrace(['update', '--all', '--yes'])).toMatchObject({
      code: 0,
      stdout: 'millrace-plugin-acme 1.0.0 is installed already\n',
    })
    await packageFolder('1.0.0', pluginSource.replace('Users of Acme', 'Changed'))
    await pack()
    const updated = await millrace(['update', 'millrace-plugin-acme', '--yes'])
    expect(updated).toMatchObject({ code: 0 })
    expect(updated.stdout).toMatch(
      /^installed millrace-plugin-acme 1\.0\.0, in place of 1\.0\.0; .*\nA service that runs goes on with/,
    )
    expect((await millrace(['show', 'millrace-plugin-acme'])).stdout).toMatch(/^acme: Changed\n/)
  }, 60_000)

  it('are not installed where nobody has been asked', async () => {
    const ending = await millrace(['install', await packageFolder()])
    expect(ending).toMatchObject({ code: 2, stdout: '' })
    expect(ending.stderr).toMatch(/millrace: nobody can be asked whether to install it: --yes says so\n$/)
    expect(existsSync(join(home, 'node_modules'))).toBe(false)
  }, 60_000)

  it('that are no plugins are removed again', async () => {
    const ending = await millrace(['install', await packageFolder('1.0.0', 'export default {}'), '--yes'])
    expect(ending).toMatchObject({ code: 1, stdout: '' })
    expect(ending.stderr).toMatch(
      /millrace: millrace-plugin-acme has been removed again: .* is no plugin: name: /,
    )
    expect(existsSync(join(home, 'node_modules/millrace-plugin-acme'))).toBe(false)
  }, 60_000)

  it('that no registry has are told of in the words of npm', async () => {
    const ending = await millrace(['install', 'millrace-plugin-acme', '--yes'])
    expect(ending).toMatchObject({ code: 1, stdout: '' })
    expect(ending.stderr).toMatch(/^millrace: npm: .*ECONNREFUSED/)
  }, 60_000)

  it('from a registry, with publisher, provenance and integrity; a tarball that was changed is refused', async () => {
    const folder = await packageFolder('2.0.0')
    await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', files], { cwd: folder })
    const tarball = await readFile(join(files, 'millrace-plugin-acme-2.0.0.tgz'))
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    let served: Buffer = Buffer.concat([tarball, Buffer.from('more')])
    const registry: Server = createServer(({ url }, response) => {
      const { port } = registry.address() as AddressInfo
      if (url === '/acme.tgz') response.end(served)
      else if (url !== '/millrace-plugin-acme') response.writeHead(404).end('{}')
      else {
        const version = {
          name: 'millrace-plugin-acme',
          version: '2.0.0',
          description: 'Acme\u001b[31m',
          _npmUser: { name: 'ada', email: 'ada@example.com' },
          dist: {
            tarball: `http://127.0.0.1:${port}/acme.tgz`,
            integrity,
            attestations: {
              url: 'http://127.0.0.1/a',
              provenance: { predicateType: 'https://slsa.dev/provenance/v1' },
            },
          },
        }
        const document = {
          name: version.name,
          'dist-tags': { latest: '2.0.0' },
          versions: { '2.0.0': version },
        }
        response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
      }
    })
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = registry.address() as AddressInfo
      const environment = { npm_config_registry: `http://127.0.0.1:${port}/` }
      const changed = await millrace(['install', 'millrace-plugin-acme', '--yes'], environment)
      expect(changed).toMatchObject({ code: 1, stdout: '' })
      expect(changed.stderr).toMatch(/millrace: npm: .*EINTEGRITY/)
      expect(existsSync(join(home, 'node_modules/millrace-plugin-acme'))).toBe(false)
      served = tarball
      const { code, stderr } = await millrace(['install', 'millrace-plugin-acme@^2', '--yes'], environment)
      expect(code).toBe(0)
      expect(stderr).toContain('publisher        ada <ada@example.com>\n')
      expect(stderr).toContain('provenance       the registry has a signed statement')
      expect(stderr).toContain(`integrity        ${integrity}\n`)
      expect(stderr).toContain('description      Acme\\x1B[31m\n')
    } finally {
      registry.closeAllConnections()
      await new Promise((resolve) => registry.close(resolve))
    }
  }, 60_000)

  it('are taken up by a service that runs', async () => {
    await configure({ work: { plugin: 'millrace-plugin-acme' } })
    const service = new MillraceProcess(['serve'], { ...variables(), MILLRACE_PORT: '0' })
    const client = new pg.Client({ connectionString: await service.url() })
    await client.connect()
    try {
      await expect(client.query('select * from work.acme_user')).rejects.toThrow()
      const { stdout } = await millrace(['install', await packageFolder(), '--yes'])
      expect(stdout).toContain(`The service that runs on ${home} takes it up.\n`)
      await expect
        .poll(
          () =>
            client.query(`select id from work.acme_user where team = 'a'`).then(({ rows }) => rows, String),
          {
            timeout: 20_000,
          },
        )
        .toEqual([{ id: 'u1' }])
    } finally {
      await client.end()
      await service.end('SIGTERM')
    }
  }, 90_000)
})

describe.runIf(process.platform === 'linux' && process.arch === 'x64')("Steampipe's plugins", () => {
  let registry: TestRegistry
  beforeEach(async () => {
    registry = await startTestRegistry()
    registry.images.set('latest', { version: '1.0.0', binary: Buffer.from('#!/bin/sh\nexit 1\n') })
  })
  afterEach(() => registry.stop())
  const name = () => `${registry.host}/acme/acme@latest`

  it('are installed with their connections, listed, updated and uninstalled', async () => {
    const path = join(home, 'steampipe/plugins', name(), 'steampipe-plugin-acme.plugin')
    const spc = join(home, 'config/acme.spc')
    expect(await millrace(['install', `${registry.host}/acme/acme`])).toEqual({
      code: 0,
      signal: null,
      // No progress on a pipe.
      stderr: '',
      stdout: `installed ${name()} 1.0.0\n  ${path}\n  connections to begin with: ${spc}\n`,
    })
    await writeFile(spc, `connection "acme" {\n  plugin = "${name()}"\n}\n`, { mode: 0o600 })
    expect(await listed()).toContainEqual({
      plugin: name(),
      kind: 'Steampipe',
      version: '1.0.0',
      source: path,
      connections: 'acme',
    })
    expect(await millrace(['update', '--all'])).toMatchObject({
      code: 0,
      stdout: `${name()} 1.0.0 is installed already\n`,
    })
    registry.images.set('latest', { version: '1.1.0', binary: Buffer.from('#!/bin/sh\nexit 2\n') })
    expect((await millrace(['update', `${registry.host}/acme/acme`])).stdout).toBe(
      `installed ${name()} 1.1.0\n  ${path}\n`,
    )
    const refused = await millrace(['uninstall', name()])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain(`is used by acme (${spc}:1`)
    expect(await millrace(['uninstall', '--force', name()])).toMatchObject({ code: 0 })
    expect(existsSync(path)).toBe(false)
    expect(await readFile(spc, 'utf8')).toContain('connection "acme"')
  }, 60_000)

  it('that cannot start are told of when they are to be shown', async () => {
    await millrace(['install', name()])
    const ending = await millrace(['show', name()])
    expect(ending).toMatchObject({ code: 1, stdout: '' })
    expect(ending.stderr).toMatch(/does not tell its tables: /)
  }, 60_000)

  it('that come damaged change nothing', async () => {
    registry.images.set('latest', { version: '1.0.0', binary: Buffer.from('x'), fault: 'cut off' })
    const ending = await millrace(['install', name()])
    expect(ending).toMatchObject({ code: 1, stdout: '' })
    expect(ending.stderr).toMatch(/^millrace: /)
    expect(existsSync(join(home, 'steampipe/plugins', name()))).toBe(false)
  }, 60_000)
})

describe('what makes no sense', () => {
  it.each([
    [['install', 'Not A Name'], /is neither a plugin of Steampipe/],
    [['install'], /missing required argument/],
    [['update'], /takes names or --all/],
    [['update', 'a', '--all'], /takes names or --all/],
    [['uninstall', 'nothing'], /no plugin "nothing" is installed/],
    [['uninstall', 'aws'], /aws is built in/],
    [['show', 'awz'], /did you mean "aws"/],
    [['shwo'], /there is no command "plugin shwo"/],
    [[], /takes list, show, install/],
  ])('is refused: %j', async (args, said) => {
    const ending = await millrace(args)
    expect(ending).toMatchObject({ code: 2, stdout: '' })
    expect(ending.stderr).toMatch(said)
  })

  it('is not to install what is built in', async () => {
    expect(await millrace(['install', 'ipstack'])).toMatchObject({
      code: 0,
      stdout: "ipstack is built in: there is nothing to install. Steampipe's own is steampipe/ipstack\n",
    })
  })
})
