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
/** The settings of the connections. */
async function connections(): Promise<Record<string, unknown>> {
  const named = [...(await read()).connections].map(([name, { settings }]) => [name, settings] as const)
  return Object.fromEntries(named)
}
const write = (content: unknown) => writeFile(join(home, 'config.json'), JSON.stringify(content))

describe('settings', () => {
  it('have defaults for everything', async () => {
    expect(readLogLevel({})).toBe('warn')
    expect((await read()).values).toEqual({
      'listen.host': '127.0.0.1',
      'listen.port': 9193,
      console: false,
      tls: true,
      'cache.ttl': 300,
      'cache.max_size_mb': 1024,
      decode_threads: null,
      'limits.max_api_calls': Number.POSITIVE_INFINITY,
      'limits.max_keys': 100_000,
      'limits.max_rows': Number.POSITIVE_INFINITY,
      'limits.max_bytes': 10 * 1024 ** 3,
      'limits.statement_timeout': null,
      'limits.work_mem_mb': null,
      'limits.max_temp_file_mb': null,
      'limits.shared': false,
      search_path: null,
      search_path_prefix: [],
      log: 'warn',
      log_file: null,
      log_file_max_size_mb: 16,
      log_statements: false,
      'monitoring.host': '127.0.0.1',
      'monitoring.port': null,
      'tracing.endpoint': null,
      'engine.url': null,
      'engine.client_url': null,
      'engine.reader_url': null,
      'engine.citus_distribute_rows': null,
      'engine.gateway_host': null,
      'shutdown.grace_seconds': 10,
      watch: true,
    })
    expect(await connections()).toEqual(
      Object.fromEntries(
        ['aws', 'ipstack', 'net', 'abuseipdb', 'shodan'].map((plugin) => [plugin, { plugin }]),
      ),
    )
  })

  it('need no home to be there', async () => {
    await rm(home, { recursive: true })
    expect((await read()).listen.port).toBe(9193)
  })

  it('come from the file', async () => {
    const written = { work: { plugin: 'aws', regions: ['eu-*'] }, acme: { plugin: '@acme/millrace' } }
    await write({ listen: { host: '::1', port: 5432 }, tls: false, connections: written })
    expect(await read()).toMatchObject({ listen: { host: '::1', port: 5432 }, tls: false })
    expect(await connections()).toEqual(written)
  })

  it('may name aggregators', async () => {
    const written = {
      work: { plugin: 'aws' },
      all: { type: 'aggregator', plugin: 'aws', connections: ['w*'] },
      typed: { plugin: '@acme/millrace', type: 'of its own' },
    }
    await write({ connections: written })
    expect(await connections()).toEqual(written)
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

describe('a mistake in a setting of the server', () => {
  const refusal = () =>
    read().then(
      () => '',
      (error) => (error.exitCode === 2 ? error.message : error),
    )

  it.each<[unknown, string]>([
    [{ limits: { max_rows: -2 } }, '1: limits.max_rows: Too small: expected number to be >=-1'],
    [{ cache: { ttl: -1 } }, '1: cache.ttl: Too small: expected number to be >=0'],
    [{ connections: [] }, '1: connections: expected names with values'],
    [{ listen: { port: '9193' } }, '1: listen.port: expected a number from 0 to 65535'],
    [{ listen: { prot: 1 } }, '1: listen has no setting "prot"; did you mean "port"?'],
    [{ tls: 'yes' }, '1: tls: expected true, false, or an object of certificate and key'],
    [{ colour: 'red' }, '1: there is no setting "colour"'],
    [{ conections: {} }, '1: there is no setting "conections"; did you mean "connections"?'],
    [{ tls: 1, listen: { port: -1 } }, '1: listen.port: expected a number from 0 to 65535'],
  ])('is told of by its place: %j', async (content, message) => {
    await write(content)
    expect(await refusal()).toContain(`${join(home, 'config.json')}:${message}`)
  })

  it('is told of where a connection has a name that JavaScript keeps for itself', async () => {
    await writeFile(join(home, 'config.json'), '{ "connections": { "__proto__": { "plugin": "aws" } } }')
    expect(await refusal()).toBe(`${join(home, 'config.json')}:1: nothing can be called "__proto__"`)
  })

  it('is told of when it is no JSON, without an excerpt, which could hold a secret', async () => {
    await writeFile(join(home, 'config.json'), '{\n "connections": { "ipstack": { "token": hush } } }')
    expect(await refusal()).toBe(`${join(home, 'config.json')}:2: is not JSON: expected a value`)
    await writeFile(join(home, 'config.json'), '{ "listen": ')
    expect(await refusal()).toMatch(/config\.json:1: is not JSON: expected a value, and found the end$/)
    await writeFile(join(home, 'config.json'), '{ "tls": true, // no\n }')
    expect(await refusal()).toMatch(/JSON has no comments; a \.yaml or \.spc file in the folder config may$/)
  })

  it('is told of when it is no file', async () => {
    await mkdir(join(home, 'config.json'))
    expect(await refusal()).toMatch(/config\.json cannot be read: EISDIR/)
  })
})

describe("a connection's mistake", () => {
  it.each<[unknown, string]>([
    [{ plugin: 'aws', cache_ttl: '60' }, 'cache_ttl: Invalid input: expected number'],
    [{ plugin: 'aws', max_concurrency: 0 }, 'max_concurrency: Too small: expected number to be >=1'],
    [
      { plugin: 'aws', rate_limits: { FilterLogEvents: 0 } },
      'rate_limits.FilterLogEvents: Too small: expected number to be >0',
    ],
    [
      { plugin: 'aws', ignore_error_messages: ['(denied'] },
      'ignore_error_messages.0: expected a regular expression',
    ],
    [
      { plugin: 'aws', ignore_error_codes: 'AccessDenied' },
      'ignore_error_codes: Invalid input: expected array',
    ],
    [{ plugin: 'aws', max_answer_mb: 0 }, 'max_answer_mb: Too small'],
    [{ plugin: 'aws', call_timeout: '1m' }, 'call_timeout: Invalid input: expected number'],
    [{}, 'plugin: Invalid input: expected string'],
    [{ type: 'aggregator', connections: ['a'] }, 'plugin: Invalid input: expected string'],
    [{ type: 'aggregator', plugin: 'aws', connections: [] }, 'connections: Too small'],
    [
      { type: 'aggregator', plugin: 'aws', connections: ['a'], on_member_failure: 'ignore' },
      'on_member_failure: Invalid option',
    ],
  ])('keeps no other from serving, and is told of by its place: %j', async (connection, message) => {
    await write({ connections: { bad: connection, good: { plugin: 'aws' } } })
    const { connections: good, faulty } = await read()
    expect([...good.keys()]).toEqual(['good'])
    expect(faulty.get('bad')?.fault).toContain(`${join(home, 'config.json')}:1: connection "bad".${message}`)
  })

  it('may be no settings at all, or one that there is not', async () => {
    await write({
      connections: { a: 1, b: { type: 'aggregator', plugin: 'aws', connections: ['a'], conections: ['*'] } },
    })
    const { faulty } = await read()
    expect(faulty.get('a')?.fault).toMatch(/:1: connection "a": Invalid input: expected object/)
    expect(faulty.get('b')?.fault).toMatch(
      /connection "b" has no setting "conections"; did you mean "connections"\?$/,
    )
  })
})

describe('files in the folder config', () => {
  beforeEach(() => mkdir(join(home, 'config')))
  const put = (name: string, text: string) => writeFile(join(home, 'config', name), text)

  it('say the same in three syntaxes', async () => {
    const yaml = 'connections:\n  a:\n    plugin: aws\n    regions: [eu-west-1, "us-*"]\ncache: { ttl: 60 }\n'
    const hcl =
      'connection "a" {\n  plugin = "aws"\n  regions = ["eu-west-1", "us-*",]\n}\ncache {\n ttl = 60\n}\n'
    const json = { connections: { a: { plugin: 'aws', regions: ['eu-west-1', 'us-*'] } }, cache: { ttl: 60 } }
    for (const [name, text] of [
      ['a.yaml', yaml],
      ['a.spc', hcl],
      ['a.json', JSON.stringify(json)],
    ] as const) {
      await put(name, text)
      expect(await connections()).toEqual(json.connections)
      expect((await read()).values['cache.ttl']).toBe(60)
      await rm(join(home, 'config', name))
    }
  })

  it('add up; what stands in two of them is told with both places', async () => {
    await put('a.yaml', 'connections:\n  one: { plugin: aws }\n  two: { plugin: aws }\n')
    await put(
      'b.spc',
      'connection "three" {\n plugin = "aws"\n}\n\nconnection "two" {\n plugin = "ipstack"\n}\n',
    )
    await write({ connections: { four: { plugin: 'ipstack' } } })
    const { connections: good, faulty } = await read()
    expect([...good.keys()].sort()).toEqual(['four', 'one', 'three'])
    expect(faulty.get('two')?.fault).toBe(
      `connection "two" stands in two places, ${join(home, 'config/a.yaml')}:3 and ${join(home, 'config/b.spc')}:5: remove one of them`,
    )
    await put('c.yml', 'cache:\n  ttl: 1\n')
    await put('d.spc', 'options "database" {\n  cache_max_ttl = 2\n}\n')
    await expect(read()).rejects.toThrow(
      /^cache\.ttl stands in two places, .*c\.yml:2 and .*d\.spc:2: remove/,
    )
  })

  it('mean by options what Steampipe means, as far as it has a meaning here', async () => {
    await put(
      'default.spc',
      `options "database" {
         port = 9999
         listen = "network"
         search_path = "public, b,a"
         search_path_prefix = ["c"]
         cache = false
         cache_max_ttl = 900
         cache_max_size_mb = 512
         start_timeout = 30
       }
       options "general" {
         log_level = "ERROR"
         update_check = false
       }`,
    )
    const { values, origins, notices } = await read()
    expect(values).toMatchObject({
      'listen.port': 9999,
      'listen.host': '0.0.0.0',
      search_path: ['public', 'b', 'a'],
      search_path_prefix: ['c'],
      'cache.ttl': 0,
      'cache.max_size_mb': 512,
      log: 'error',
    })
    expect(origins.get('listen.port')).toBe(`${join(home, 'config/default.spc')}:2`)
    expect(notices).toEqual([
      expect.stringMatching(/default\.spc:9: start_timeout of options "database" has no meaning here: /),
      expect.stringMatching(/default\.spc:13: update_check of options "general" has no meaning here: /),
    ])
  })

  it.each([
    ['options "databse" {\n}', /:1: there are no options "databse"; did you mean "database"\?$/],
    ['options "database" {\n prot = 1\n}', /:2: options "database" have no "prot"; did you mean "port"\?$/],
    ['options "database" {\n port = 1\n port = 2\n}', /:3: port stands here and in line 2$/],
    [
      'plugin "aws" {\n memory_mx_mb = 1\n}',
      /:2: plugin "aws" has no setting "memory_mx_mb"; did you mean "memory_max_mb"\?$/,
    ],
  ])('with a mistake that is no single connection’s are refused: %j', async (text, message) => {
    await put('a.spc', text)
    await expect(read()).rejects.toThrow(message)
  })

  it('lose no other connection by one with a mistake in its syntax', async () => {
    await put(
      'a.spc',
      'connection "a" {\n  plugin = "aws"\n  regions = [\n}\nconnection "b" {\n  plugin = "aws"\n}\n',
    )
    const { connections: good, faulty } = await read()
    expect([...good.keys()]).toEqual(['b'])
    expect(faulty.get('a')).toMatchObject({
      plugin: 'aws',
      fault: expect.stringMatching(/a\.spc:4: connection "a": expected a value/),
    })
  })

  it('with blocks of plugins give limits to their connections', async () => {
    await put(
      'a.spc',
      `plugin "slow" {
         source = "aws"
         memory_max_mb = 2048
         limiter "all" {
           max_concurrency = 5
           scope = ["connection"]
         }
         limiter "logs" {
           bucket_size = 10
           fill_rate   = 3
           scope       = ["connection", "region"]
           where       = "service = 'logs' and action in ('FilterLogEvents', 'DescribeLogGroups')"
         }
         limiter "other" {
           fill_rate = 3
           where = "hydrate = 'x'"
         }
       }
       connection "a" {
         plugin = plugin.slow
       }
       connection "b" {
         plugin = "hub.steampipe.io/plugins/turbot/aws@latest"
       }
       connection "c" {
         plugin = plugin.slwo
       }`,
    )
    const { connections: named, faulty, notices } = await read()
    const limits = { maxConcurrency: 5, rates: { FilterLogEvents: 3, DescribeLogGroups: 3 } }
    expect(named.get('a')).toMatchObject({ settings: { plugin: 'aws' }, limits, instance: 'slow' })
    expect(named.get('b')).toMatchObject({ settings: { plugin: 'aws' }, limits, instance: 'slow' })
    expect(faulty.get('c')?.fault).toMatch(/there is no block plugin "slwo"; did you mean "slow"\?$/)
    expect(notices).toEqual([
      expect.stringMatching(/:3: plugin "slow": memory_max_mb has no effect/),
      expect.stringMatching(/:14: plugin "slow": limiter "other" has no effect/),
    ])
  })
})

describe('files that are read again', () => {
  const put = (name: string, text: string) => writeFile(join(home, name), text)

  it('lose nothing that was well before by a mistake', async () => {
    await mkdir(join(home, 'config'))
    await put('config/a.spc', 'connection "a" {\n plugin = "aws"\n}\n')
    await put('config/b.yaml', 'connections:\n  b: { plugin: ipstack }\ncache: { ttl: 60 }\n')
    const before = await read()
    const again = () => readSettings({ MILLRACE_HOME: home }, before)
    expect((await again()).kept).toEqual([])
    await put('config/a.spc', 'connection "a" {\n plugin = \n}\nconnection "c" {\n plugin = "aws"\n}\n')
    await put('config/b.yaml', 'connections: {\n')
    const after = await again()
    expect([...after.connections.keys()].sort()).toEqual(['a', 'b', 'c'])
    expect(after.values['cache.ttl']).toBe(60)
    expect(after.kept).toEqual([
      expect.stringMatching(/b\.yaml:\d+: is not YAML: .*; what was there before holds$/),
      expect.stringMatching(
        /a\.spc:2: connection "a": expected a value for plugin; connection "a" is as it was before$/,
      ),
    ])
  })
})

describe("Steampipe's variables", () => {
  it('are read where Millrace’s own are not set, each with a notice', async () => {
    const { values, origins, notices, password } = await read({
      STEAMPIPE_CACHE_TTL: '60',
      STEAMPIPE_CACHE_MAX_TTL: '30',
      STEAMPIPE_LISTEN: 'network',
      STEAMPIPE_PORT: '9194',
      MILLRACE_PORT: '9195',
      STEAMPIPE_LOG_LEVEL: 'TRACE',
      STEAMPIPE_DATABASE_PASSWORD: 'secret',
      STEAMPIPE_TELEMETRY: 'none',
    })
    expect(values).toMatchObject({
      'cache.ttl': 30,
      'listen.host': '0.0.0.0',
      'listen.port': 9195,
      log: 'trace',
    })
    expect(origins.get('cache.ttl')).toBe('STEAMPIPE_CACHE_MAX_TTL')
    expect(password).toBe('secret')
    expect(notices).toContain('STEAMPIPE_LISTEN is read; its name here is MILLRACE_HOST')
    expect(notices).toContain('STEAMPIPE_TELEMETRY has no meaning for the server: there is no telemetry')
    expect(notices.join()).not.toMatch(/STEAMPIPE_PORT|secret/)
    await expect(read({ STEAMPIPE_PORT: 'x' })).rejects.toThrow(/^STEAMPIPE_PORT is "x": expected a number/)
    expect((await read({ STEAMPIPE_CACHE: 'false', STEAMPIPE_CACHE_TTL: '60' })).values['cache.ttl']).toBe(0)
  })
})
