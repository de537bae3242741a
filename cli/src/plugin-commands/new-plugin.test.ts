/** `millrace plugin new`, as a process: what it writes compiles, passes its own tests, and answers SQL from where it is. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { startQuery } from '../testing/millrace-query.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))
let folder = ''
let home = ''
let registry: Server

beforeAll(async () => {
  await buildCommand()
  folder = await mkdtemp(join(tmpdir(), 'millrace-new-'))
  await chmod(folder, 0o755)
  home = join(folder, 'home')
  await mkdir(home, { mode: 0o711 })
  registry = createServer((request, response) => {
    const name = request.url?.slice(1)
    response.end(JSON.stringify({ license: `licence of ${name}`, 'dist-tags': { latest: '1.2.3' } }))
  }).listen(0, '127.0.0.1')
  await once(registry, 'listening')
}, 120_000)
afterAll(async () => {
  registry.close()
  await rm(folder, { recursive: true, force: true })
})

const variables = () => ({ MILLRACE_HOME: home, HOME: folder, npm_config_registry: 'http://127.0.0.1:1/' })
const create = (...args: string[]) => new MillraceProcess(['plugin', 'new', ...args], variables()).ended

/** What `npm install` does, from the packages of this workspace: tests need no registry. */
async function install(plugin: string): Promise<void> {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(plugin, 'package.json'), 'utf8'))
  const sdk = join(plugin, 'node_modules/@millrace/plugin-sdk')
  await mkdir(sdk, { recursive: true })
  const packed = join(plugin, dependencies['@millrace/plugin-sdk'].slice('file:'.length))
  await run('tar', ['-xzf', packed, '-C', sdk, '--strip-components=1'])
  const { dependencies: further } = JSON.parse(await readFile(join(sdk, 'package.json'), 'utf8'))
  const names = new Set([...Object.keys({ ...dependencies, ...devDependencies, ...further }), 'undici-types'])
  names.delete('@millrace/plugin-sdk')
  for (const name of names) {
    const link = join(plugin, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link)
  }
  await mkdir(join(plugin, 'node_modules/.bin'))
  await symlink(join(root, 'node_modules/.bin/tsc'), join(plugin, 'node_modules/.bin/tsc'))
  await symlink(join(root, 'node_modules/.bin/vitest'), join(plugin, 'node_modules/.bin/vitest'))
}

describe('a new plugin', () => {
  it('compiles, passes its tests, and answers SQL, named by its path', async () => {
    const plugin = join(folder, 'billing')
    const { code, stdout, stderr } = await create('acme-billing', plugin)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^made millrace-plugin-acme-billing: its table acme_billing_package asks/)
    expect(stdout).toContain('millrace connection add acme_billing --plugin')
    await install(plugin)
    const tested = await run('npm', ['test'], { cwd: plugin, env: { ...process.env, CI: '', VITEST: '' } })
    expect(tested.stdout).toMatch(/Tests .*\d+ passed/)
    // Nothing leads back to the example, or to the workspace.
    for (const file of await readdir(plugin, { recursive: true })) {
      if (!/^(?:src|[^/]+$)/.test(file) || !/\.(?:ts|json|md)$/.test(file)) continue
      const text = await readFile(join(plugin, file), 'utf8')
      expect(text, file).not.toMatch(/npm_package|NpmC|npmC|millrace-source|\.\.\/\.\./)
    }
    const { port } = registry.address() as AddressInfo
    const added = [
      'connection',
      'add',
      'acme_billing',
      '--plugin',
      plugin,
      '--set',
      `registry_url=http://127.0.0.1:${port}`,
    ]
    expect(await new MillraceProcess(added, variables()).ended).toMatchObject({ code: 0, stderr: '' })
    const sql =
      "select name, latest_version, license from acme_billing_package where name in ('pg', 'zod') order by 1"
    expect(await startQuery([sql, '--output', 'csv', '--no-header'], variables()).ended).toEqual({
      code: 0,
      stdout: 'pg,1.2.3,licence of pg\nzod,1.2.3,licence of zod\n',
      stderr: '',
    })
    const listed = await new MillraceProcess(['plugin', 'list', '--output', 'csv'], variables()).ended
    expect(listed.stdout).toContain(`${plugin},path,,${plugin},acme_billing\n`)
  }, 120_000)

  it.each(['Acme', 'acme billing', '../acme', '1acme', 'acme-', ''])('has a name: not %j', async (name) => {
    const { code, stderr } = await create(name)
    expect(code).toBe(2)
    expect(stderr).toContain('is no name for a plugin')
  })

  it('is none that is built in', async () => {
    const { code, stderr } = await create('aws')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'millrace: there is a plugin "aws" already, which is built in\n',
    })
  })

  it('harms nothing that is there', async () => {
    const full = join(folder, 'full')
    await mkdir(full)
    await writeFile(join(full, 'notes'), 'mine')
    expect(await create('acme', full)).toMatchObject({ code: 1, stderr: `millrace: ${full} is not empty\n` })
    expect(await create('acme', join(full, 'notes'))).toMatchObject({ code: 1 })
    expect(await readdir(full)).toEqual(['notes'])
  })

  it('is not half there where npm is not', async () => {
    const none = join(folder, 'none')
    const withoutNpm = new MillraceProcess(['plugin', 'new', 'acme', none], { ...variables(), PATH: folder })
    expect(await withoutNpm.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm is not on this machine'),
    })
    expect(await readdir(folder)).not.toContain('none')
  })
})
