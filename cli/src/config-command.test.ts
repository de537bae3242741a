import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readSettings } from './config/settings.js'
import { type ImportCommandOptions, importConfiguration } from './config-command.js'

let folder = ''
const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
const told = () => written.mock.calls.map(([text]) => String(text)).join('')
const steampipe = () => join(folder, 'steampipe')
const home = () => join(folder, 'home')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-import-'))
  written.mockClear()
  await mkdir(join(steampipe(), 'config'), { recursive: true })
  await put(
    'aws.spc',
    `connection "aws_work" {
       plugin  = "turbot/aws@latest"
       profile = "work" # of ~/.aws
       regions = ["*"]
     }
     connection "aws" {
       type        = "aggregator"
       plugin      = "aws"
       connections = ["aws_*"]
     }
     connection "aws_keys" {
       plugin     = "aws"
       access_key = "AKIAHUSH"
       secret_key = "hush"
     }`,
  )
  await put('github.spc', 'connection "github" {\n  plugin = "github"\n}\n')
  await put(
    'default.spc',
    `options "database" {\n  port = 9999\n  start_timeout = 10\n}
     options "general" {\n  update_check = true\n}
     plugin "aws" {
       limiter "x" {
         max_concurrency = 7
         scope = ["connection"]
       }
     }
     workspace "local" {\n}\n`,
  )
  await put('empty.spc', '# connection "x" { }\n')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const put = (name: string, text: string) => writeFile(join(steampipe(), 'config', name), text)
const take = (options: Partial<ImportCommandOptions> = {}) =>
  importConfiguration(
    { folder: steampipe(), dryRun: false, force: false, copySecrets: false, ...options },
    { MILLRACE_HOME: home() },
  )
const read = () => readSettings({ MILLRACE_HOME: home() })

it('takes over connections and options, and tells what it leaves out and why', async () => {
  expect(await take()).toBe(0)
  const { connections, faulty, values, notices } = await read()
  expect([...connections.keys()].sort()).toEqual(['aws', 'aws_work'])
  expect(connections.get('aws_work')).toMatchObject({
    settings: { plugin: 'aws', profile: 'work', regions: ['*'] },
    limits: { maxConcurrency: 7 },
  })
  expect(faulty.size).toBe(0)
  expect(values['listen.port']).toBe(9999)
  expect(notices).toEqual([])
  for (const line of [
    /connection "aws_work": taken over\n/,
    /connection "aws_keys": left out, as a comment: access_key, secret_key would be copied from .*aws\.spc:13; .*--copy-secrets\n/,
    /connection "github": left out, as a comment: there is no plugin "github"/,
    /default\.spc:3: start_timeout of options "database" is left out: /,
    /default\.spc:6: update_check of options "general" is left out: /,
    /port of options "database": taken over, as listen\.port\n/,
    /workspace is left out/,
    /3 files written; Steampipe's own stay as they are\n$/,
  ]) {
    expect(told()).toMatch(line)
  }
  expect(told()).not.toMatch(/hush/i)
  expect((await stat(join(home(), 'config/aws.spc'))).mode & 0o777).toBe(0o600)
})

it('copies no secret unless it is allowed to', async () => {
  await take()
  expect(await readFile(join(home(), 'config/aws.spc'), 'utf8')).not.toMatch(/hush/i)
  await take({ copySecrets: true, force: true })
  expect((await read()).connections.get('aws_keys')?.settings).toMatchObject({ secret_key: 'hush' })
  expect(told()).not.toMatch(/hush/i)
})

it('writes nothing for a dry run', async () => {
  expect(await take({ dryRun: true })).toBe(0)
  await expect(readdir(home())).rejects.toThrow('ENOENT')
  expect(told()).toMatch(/would become [\s\S]*nothing was written\n$/)
})

it('overwrites nothing unless it is told to', async () => {
  await take()
  await put('aws.spc', 'connection "aws_new" {\n  plugin = "aws"\n}\n')
  await expect(take()).rejects.toThrow(
    /aws\.spc.* is there already; --force overwrites it\. Nothing was written$/,
  )
  expect((await read()).connections.has('aws_new')).toBe(false)
  await take({ force: true })
  expect((await read()).connections.has('aws_new')).toBe(true)
})

it('writes nothing where a name would stand in two files', async () => {
  await mkdir(home())
  await writeFile(join(home(), 'config.json'), '{ "connections": { "aws": { "plugin": "aws" } } }')
  await expect(take()).rejects.toThrow(
    /connection "aws" stands in two places, .*config\.json:1 and .*aws\.spc/,
  )
  expect(await readdir(home())).toEqual(['config.json'])
})

it('says so where there is nothing to take over', async () => {
  await expect(take({ folder: join(folder, 'none') })).rejects.toThrow(
    /there are no files of Steampipe's in .*none/,
  )
})
