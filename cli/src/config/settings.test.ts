import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLogLevel, readSettings } from './settings.js'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-settings-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const read = (environment: Record<string, string> = {}) =>
  readSettings({ MILLRACE_HOME: home, ...environment })
const write = (content: unknown) => writeFile(join(home, 'config.json'), JSON.stringify(content))

describe('settings', () => {
  it('have defaults for everything', async () => {
    expect(readLogLevel({})).toBe('warn')
    expect(await read()).toEqual({
      home,
      listen: { host: '127.0.0.1', port: 9193 },
      tls: true,
      cache: { ttl: 300, max_size_mb: 1024 },
      limits: {
        max_api_calls: Number.POSITIVE_INFINITY,
        max_keys: 100_000,
        max_rows: Number.POSITIVE_INFINITY,
        max_bytes: 10 * 1024 ** 3,
      },
      connections: {
        aws: { plugin: 'aws' },
        ipstack: { plugin: 'ipstack' },
        net: { plugin: 'net' },
        abuseipdb: { plugin: 'abuseipdb' },
        shodan: { plugin: 'shodan' },
      },
    })
  })

  it('need no home to be there', async () => {
    await rm(home, { recursive: true })
    expect((await read()).listen.port).toBe(9193)
  })

  it('come from the file', async () => {
    const connections = { work: { plugin: 'aws', regions: ['eu-*'] }, acme: { plugin: '@acme/millrace' } }
    await write({ listen: { host: '::1', port: 5432 }, tls: false, connections })
    expect(await read()).toMatchObject({ listen: { host: '::1', port: 5432 }, tls: false, connections })
  })

  it('may name aggregators', async () => {
    const connections = {
      work: { plugin: 'aws' },
      all: { type: 'aggregator', plugin: 'aws', connections: ['w*'] },
      typed: { plugin: '@acme/millrace', type: 'of its own' },
    }
    await write({ connections })
    expect((await read()).connections).toEqual(connections)
  })

  it('come from the environment first', async () => {
    await write({ listen: { host: '::1', port: 5432 } })
    const settings = await read({ MILLRACE_HOST: '0.0.0.0', MILLRACE_PORT: '0' })
    expect(settings).toMatchObject({ listen: { host: '0.0.0.0', port: 0 } })
    expect(readLogLevel({ MILLRACE_LOG: 'debug' })).toBe('debug')
  })

  it('take an empty variable for none', async () => {
    expect((await read({ MILLRACE_PORT: '', MILLRACE_HOST: '' })).listen).toEqual({
      host: '127.0.0.1',
      port: 9193,
    })
  })

  it.each([
    [{ MILLRACE_PORT: '99999' }, 'MILLRACE_PORT is "99999": expected a number from 0 to 65535'],
    [{ MILLRACE_PORT: '5432/tcp' }, 'MILLRACE_PORT is "5432/tcp": expected a number from 0 to 65535'],
    [{ MILLRACE_LOG: 'loud' }, /^MILLRACE_LOG is "loud": .*"warn"/],
  ])('refuse %j', async (environment, message) => {
    await expect(read(environment)).rejects.toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }),
    )
  })
})

describe('a configuration file with a fault', () => {
  const refusal = () =>
    read().then(
      () => '',
      (error) => (error.exitCode === 2 ? error.message : error),
    )

  it.each<[unknown, string]>([
    [{ limits: { max_rows: -2 } }, 'limits.max_rows: Too small: expected number to be >=-1'],
    [{ cache: { ttl: -1 } }, 'cache.ttl: Too small: expected number to be >=0'],
    [
      { connections: { aws: { plugin: 'aws', cache_ttl: '60' } } },
      'connections.aws.cache_ttl: Invalid input: expected number',
    ],
    [
      { connections: { aws: { plugin: 'aws', max_concurrency: 0 } } },
      'connections.aws.max_concurrency: Too small: expected number to be >=1',
    ],
    [
      { connections: { aws: { plugin: 'aws', rate_limits: { FilterLogEvents: 0 } } } },
      'connections.aws.rate_limits.FilterLogEvents: Too small: expected number to be >0',
    ],
    [
      { connections: { aws: { plugin: 'aws', ignore_error_messages: ['(denied'] } } },
      'connections.aws.ignore_error_messages.0: expected a regular expression',
    ],
    [
      { connections: { aws: { plugin: 'aws', ignore_error_codes: 'AccessDenied' } } },
      'connections.aws.ignore_error_codes: Invalid input: expected array',
    ],
    [
      { connections: { aws: { plugin: 'aws', max_answer_mb: 0 } } },
      'connections.aws.max_answer_mb: Too small',
    ],
    [
      { connections: { aws: { plugin: 'aws', call_timeout: '1m' } } },
      'connections.aws.call_timeout: Invalid input: expected number',
    ],
    [{ connections: { aws: {} } }, 'connections.aws.plugin: Invalid input: expected string'],
    [{ connections: { aws: 1 } }, 'connections.aws: Invalid input: expected object'],
    [
      { connections: { all: { type: 'aggregator', connections: ['a'] } } },
      'connections.all.plugin: Invalid input: expected string',
    ],
    [
      { connections: { all: { type: 'aggregator', plugin: 'aws', connections: [] } } },
      'connections.all.connections: Too small',
    ],
    [
      { connections: { all: { type: 'aggregator', plugin: 'aws', connections: ['a'], regions: ['*'] } } },
      'connections.all: Unrecognized key: "regions"',
    ],
    [
      {
        connections: {
          all: { type: 'aggregator', plugin: 'aws', connections: ['a'], on_member_failure: 'ignore' },
        },
      },
      'connections.all.on_member_failure: Invalid option',
    ],
    [{ connections: [] }, 'connections: Invalid input'],
    [{ listen: { port: '9193' } }, 'listen.port: Invalid input: expected number'],
    [{ listen: { prot: 1 } }, 'listen: Unrecognized key: "prot"'],
    [{ tls: 'yes' }, 'tls: expected true, false, or an object of certificate and key'],
    [{ colour: 'red' }, 'Unrecognized key: "colour"'],
    [{ tls: 1, listen: { port: -1 } }, 'listen.port: Too small'],
  ])('is told of by its place: %j', async (content, message) => {
    await write(content)
    expect(await refusal()).toContain(`${join(home, 'config.json')}: ${message}`)
  })

  it('is told of where a connection has a name that JavaScript keeps for itself', async () => {
    await writeFile(join(home, 'config.json'), '{ "connections": { "__proto__": { "plugin": "aws" } } }')
    expect(await refusal()).toBe(`${join(home, 'config.json')}: nothing can be called "__proto__"`)
  })

  it('is told of when it is no JSON', async () => {
    await writeFile(join(home, 'config.json'), '{ "listen": ')
    expect(await refusal()).toMatch(/config\.json is not JSON: .*end of JSON input/)
  })

  it('is told of without an excerpt, which could hold a secret', async () => {
    await writeFile(join(home, 'config.json'), '{ "connections": { "ipstack": { "token": hush } } }')
    expect(await refusal()).toMatch(/config\.json is not JSON: Unexpected token 'h'$/)
  })

  it('is told of when it is no file', async () => {
    await mkdir(join(home, 'config.json'))
    expect(await refusal()).toMatch(/config\.json cannot be read: EISDIR/)
  })
})
