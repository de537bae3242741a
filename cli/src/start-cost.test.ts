/** What is loaded at a start: what takes long to load is left until it is needed. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { buildCommand } from './testing/millrace-process.js'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))

beforeAll(buildCommand, 120_000)

/** The packages, of those that are CommonJS, that some modules have loaded: by name, as the order differs. */
async function packagesOf(...modules: string[]): Promise<string[]> {
  const code = `
    const { createRequire } = await import('node:module')
    for (const name of ${JSON.stringify(modules)}) await import(name)
    console.log(JSON.stringify(Object.keys(createRequire(${JSON.stringify(dist)}).cache)))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: dist,
  })
  const paths: string[] = JSON.parse(stdout)
  const names = paths.flatMap((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
  return [...new Set(names)].sort()
}

it('the plugins are there before their SDKs are, no maker or reader of certificates, and no parser', async () => {
  const packages = await packagesOf(
    `${dist}home-service.js`,
    '@millrace/server/service',
    '@millrace/plugin-aws/plugin',
    '@millrace/plugin-ipstack/plugin',
    '@millrace/plugin-abuseipdb/plugin',
    '@millrace/plugin-net/plugin',
    '@millrace/plugin-shodan/plugin',
  )
  expect(packages).toContain('pg')
  const late =
    /^libpg-query|^pgsql-deparser|^@aws-sdk|^@smithy|^@peculiar|^asn1js|^pkijs|^selfsigned|^undici|^prom-client|^@opentelemetry/
  expect(packages.filter((name) => late.test(name))).toEqual([])
})

it("Node.js's fetch is not loaded to find out that this is Node.js", async () => {
  const code = `
    await import(${JSON.stringify(`${dist}navigator.js`)})
    await import('pg')
    console.log(navigator.userAgent, process.moduleLoadList.filter((name) => /undici/.test(name)).length)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: dist,
  })
  expect(stdout).toBe(`Node.js/${process.versions.node.split('.')[0]} 0\n`)
})

it('the command line is read without anything of the engine', async () => {
  expect(await packagesOf(`${dist}command.js`)).toEqual(['commander', 'fastest-levenshtein'])
})

it('a server that has started has all of the SDK that its tables may need', async () => {
  const code = `
    const { createRequire } = await import('node:module')
    const { default: plugin } = await import('@millrace/plugin-aws/plugin')
    await plugin.preload()
    const before = Object.keys(createRequire(${JSON.stringify(dist)}).cache).length
    const services = new Set(plugin.tables.flatMap(({ calls }) => calls.map(({ service }) => service)))
    const requestHandler = { handle: () => {} }
    for (const service of services) await service.client({ region: 'us-east-1', requestHandler })
    console.log(before > 0, Object.keys(createRequire(${JSON.stringify(dist)}).cache).length - before)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: dist,
  })
  expect(stdout).toBe('true 0\n')
})
