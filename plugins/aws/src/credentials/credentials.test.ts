/** Credentials from every place where AWS's tools find them, checked by whose they are to the sandbox. */

import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { errorOf } from '@millrace/plugin-sdk/testing'
import {
  articleAccountId,
  otherAccountId,
  otherCredentials,
  sandboxCredentials,
  sandboxExternalId,
  sandboxRoles,
  sandboxWebIdentityToken,
} from '@millrace/sandbox/credentials'
import { afterEach, describe, expect, vi } from 'vitest'
import type { AwsHarness } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'

const servers: Server[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function write(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

type Environment = Readonly<Record<string, string>>

/** Nothing but the sandbox's address. */
const noKeys: Environment = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }

const scan = () => ({
  signal: new AbortController().signal,
  call: <Result>(_: string, run: (signal: AbortSignal) => Promise<Result>) =>
    run(new AbortController().signal),
})

async function accountOf(harness: AwsHarness, settings: object, environment: Environment): Promise<string> {
  const connection = harness.connect(settings, { ...noKeys, ...environment })
  return (await connection.callerIdentity(scan())).accountId
}

/** A local server, such as those that give credentials to containers and instances. */
async function serve(answer: (request: IncomingMessage) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    const found = answer(request)
    response.statusCode = found === undefined ? 404 : 200
    response.end(typeof found === 'string' ? found : JSON.stringify(found ?? {}))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const inAnHour = () => new Date(Date.now() + 3_600_000)
const keyLines = ({ accessKeyId, secretAccessKey }: typeof otherCredentials) =>
  `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
const keyJson = ({ accessKeyId, secretAccessKey }: typeof otherCredentials) => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
})

/** Files as ~/.aws has them; whose names the environment gives. */
async function files(folder: string, config: string): Promise<Environment> {
  return {
    AWS_CONFIG_FILE: await write(folder, 'config', config),
    AWS_SHARED_CREDENTIALS_FILE: await write(
      folder,
      'credentials',
      `[default]\n${keyLines(sandboxCredentials)}[other]\n${keyLines(otherCredentials)}`,
    ),
  }
}

describe('the environment', () => {
  test('keys', async ({ harness }) => {
    const { accessKeyId, secretAccessKey } = otherCredentials
    const environment = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
    expect(await accountOf(harness, {}, environment)).toBe(otherAccountId)
  })

  test('a profile goes before keys', async ({ harness, folder }) => {
    const { accessKeyId, secretAccessKey } = sandboxCredentials
    const environment = {
      ...(await files(folder, '')),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_PROFILE: 'other',
    }
    expect(await accountOf(harness, {}, environment)).toBe(otherAccountId)
    expect(await accountOf(harness, { profile: 'default' }, environment)).toBe(articleAccountId)
  })

  test('the token of a web identity', async ({ harness, folder }) => {
    const environment = {
      AWS_WEB_IDENTITY_TOKEN_FILE: await write(folder, 'token', sandboxWebIdentityToken),
      AWS_ROLE_ARN: sandboxRoles.reader,
    }
    expect(await accountOf(harness, {}, environment)).toBe(otherAccountId)
    expect(harness.operations()).toEqual(['AssumeRoleWithWebIdentity', 'GetCallerIdentity'])
  })
})

describe('profiles', () => {
  test('with keys; the default one where none is named', async ({ harness, folder }) => {
    const environment = await files(folder, '')
    expect(await accountOf(harness, {}, environment)).toBe(articleAccountId)
    expect(await accountOf(harness, { profile: 'other' }, environment)).toBe(otherAccountId)
  })

  test.for([
    ['a role, by the keys of another profile', `role_arn = ${sandboxRoles.reader}\nsource_profile = default`],
    [
      'a role with an external ID',
      `role_arn = ${sandboxRoles.guarded}\nsource_profile = default\nexternal_id = ${sandboxExternalId}`,
    ],
  ] as const)('%s', async ([_, lines], { harness, folder }) => {
    const environment = await files(folder, `[profile x]\n${lines}\n`)
    expect(await accountOf(harness, { profile: 'x' }, environment)).toBe(otherAccountId)
    expect(harness.operations()).toEqual(['AssumeRole', 'GetCallerIdentity'])
  })

  test('a role by the token of a web identity', async ({ harness, folder }) => {
    const token = await write(folder, 'token', sandboxWebIdentityToken)
    const environment = await files(
      folder,
      `[profile x]\nrole_arn = ${sandboxRoles.reader}\nweb_identity_token_file = ${token}\n`,
    )
    expect(await accountOf(harness, { profile: 'x' }, environment)).toBe(otherAccountId)
  })

  test('a process', async ({ harness, folder }) => {
    const script = await write(
      folder,
      'credentials.cjs',
      `console.log(JSON.stringify(${JSON.stringify({ Version: 1, ...keyJson(otherCredentials) })}))`,
    )
    const environment = await files(
      folder,
      `[profile x]\ncredential_process = "${process.execPath}" "${script}"\n`,
    )
    expect(await accountOf(harness, { profile: 'x' }, environment)).toBe(otherAccountId)
  })

  test('IAM Identity Center, after aws sso login', async ({ harness, folder }) => {
    const startUrl = 'https://sandbox.example/start'
    const cache = join(folder, '.aws/sso/cache')
    await mkdir(cache, { recursive: true })
    const name = createHash('sha1').update(startUrl).digest('hex')
    const token = { accessToken: 'sandbox-sso-token', expiresAt: inAnHour().toISOString() }
    await writeFile(join(cache, `${name}.json`), JSON.stringify(token))
    // Where the login is kept is known to the SDK from the process alone.
    vi.stubEnv('HOME', folder)
    const asked: (string | undefined)[] = []
    const url = await serve(({ url, headers }) => {
      asked.push(url)
      if (headers['x-amz-sso_bearer_token'] !== token.accessToken) return undefined
      return { roleCredentials: { ...harness.sandbox.issueKey(), expiration: inAnHour().getTime() } }
    })
    const environment = await files(
      folder,
      `[profile x]\nsso_start_url = ${startUrl}\nsso_region = eu-west-1\nsso_account_id = ${otherAccountId}\nsso_role_name = Reader\n`,
    )
    const account = await accountOf(harness, { profile: 'x' }, { ...environment, AWS_ENDPOINT_URL_SSO: url })
    expect(account).toBe(otherAccountId)
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatch(/^\/federation\/credentials\?.*role_name=Reader/)
  })
})

const temporary = (harness: AwsHarness) => {
  const { sessionToken, ...key } = harness.sandbox.issueKey()
  return { ...keyJson(key), Token: sessionToken, Expiration: inAnHour().toISOString() }
}

describe('metadata services', () => {
  test("a container's, as in CloudShell: by a token", async ({ harness }) => {
    const url = await serve(({ url, headers }) =>
      url === '/creds' && headers.authorization === 'hush' ? temporary(harness) : undefined,
    )
    const environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/creds`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'hush',
    }
    expect(await accountOf(harness, {}, environment)).toBe(otherAccountId)
  })

  test("an instance's", async ({ harness }) => {
    const path = '/latest/meta-data/iam/security-credentials/'
    const url = await serve(({ url, method, headers }) => {
      if (url === '/latest/api/token' && method === 'PUT') return 'metadata-token'
      if (headers['x-aws-ec2-metadata-token'] !== 'metadata-token') return undefined
      if (url === path) return 'reader'
      return url === `${path}reader` ? { Code: 'Success', ...temporary(harness) } : undefined
    })
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url)
    expect(await accountOf(harness, {}, { AWS_EC2_METADATA_DISABLED: '' })).toBe(otherAccountId)
  })

  test('none where they are turned off: the error lists the places', async ({ harness }) => {
    const asked: unknown[] = []
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', await serve(({ url }) => asked.push(url)))
    const error = await errorOf(accountOf(harness, {}, { AWS_EC2_METADATA_DISABLED: 'true' }))
    expect(error.message).toBe('no AWS credentials were found (connection "aws")')
    expect(error.hint).toContain('~/.aws/credentials')
    expect(asked).toEqual([])
  })
})

describe('a profile that is not there', () => {
  const files = async (folder: string) => ({
    AWS_SHARED_CREDENTIALS_FILE: await write(
      folder,
      'credentials',
      '[work]\naws_access_key_id = A\naws_secret_access_key = B\n',
    ),
    AWS_CONFIG_FILE: await write(folder, 'config', '[profile base]\nregion = eu-west-1\n'),
    AWS_EC2_METADATA_DISABLED: 'true',
  })

  test('is told by its name, with the connection and the profiles that there are', async ({
    harness,
    folder,
  }) => {
    const environment = await files(folder)
    const error = await errorOf(accountOf(harness, { profile: 'wrok' }, environment))
    expect(error).toMatchObject({
      sqlState: 'HV000',
      message: 'there is no profile "wrok" (connection "aws")',
      detail: expect.stringContaining(
        `${environment.AWS_CONFIG_FILE} and ${environment.AWS_SHARED_CREDENTIALS_FILE}`,
      ),
      hint: expect.stringMatching(/^Change profile, /),
    })
    expect(error.detail).toMatch(/which have (base, work|work, base)[.]$/)
  })

  test('of the settings has no other credentials take its place', async ({ harness, folder }) => {
    const keys = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' }
    const path = '/latest/meta-data/iam/security-credentials/'
    const url = await serve(({ url }) => {
      if (url === '/latest/api/token') return 'metadata-token'
      return url === path ? 'reader' : { Code: 'Success', ...temporary(harness) }
    })
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url)
    const environment = { ...(await files(folder)), ...keys, AWS_EC2_METADATA_DISABLED: '' }
    expect((await errorOf(accountOf(harness, { profile: 'wrok' }, environment))).message).toContain(
      'no profile "wrok"',
    )
    expect(await accountOf(harness, {}, { ...environment, ...noKeys, AWS_PROFILE: 'wrok' })).toBe(
      otherAccountId,
    )
  })

  test('of the environment is told where nothing else is found', async ({ harness, folder }) => {
    const error = await errorOf(accountOf(harness, {}, { ...(await files(folder)), AWS_PROFILE: 'wrok' }))
    expect(error.message).toBe('there is no profile "wrok" (connection "aws")')
    expect(error.hint).toMatch(/^Change AWS_PROFILE, /)
  })
})

describe('a role of the settings', () => {
  const own = { access_key: sandboxCredentials.accessKeyId, secret_key: sandboxCredentials.secretAccessKey }

  test('is taken on once, under its name', async ({ harness }) => {
    const settings = { ...own, role_arn: sandboxRoles.reader, role_session_name: 'night-report' }
    const connection = harness.connect(settings, noKeys)
    expect((await connection.callerIdentity(scan())).accountId).toBe(otherAccountId)
    await connection.regions(scan())
    const [call] = harness.sandbox.calls.list()
    expect(call).toMatchObject({ operation: 'AssumeRole', parameters: { RoleSessionName: 'night-report' } })
    expect(harness.operations().filter((name) => name === 'AssumeRole')).toHaveLength(1)
  })

  test('with an external ID, and without', async ({ harness }) => {
    const role_arn = sandboxRoles.guarded
    expect(await accountOf(harness, { ...own, role_arn, external_id: sandboxExternalId }, {})).toBe(
      otherAccountId,
    )
    const error = await errorOf(accountOf(harness, { ...own, role_arn }, {}))
    expect(error.message).toContain('AWS denied access')
    expect(error.detail).toContain('sts:AssumeRole')
  })
})

describe('the default region', () => {
  test.for<[string, object, Environment, string]>([
    ['of the settings', { default_region: 'eu-west-1' }, { AWS_REGION: 'eu-west-2' }, 'eu-west-1'],
    ['of AWS_REGION', {}, { AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-2'],
    ['of AWS_DEFAULT_REGION', {}, { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-3'],
    ["of the settings' profile", { profile: 'x' }, { AWS_PROFILE: 'y' }, 'ap-south-1'],
    ["of the environment's profile", {}, { AWS_PROFILE: 'y' }, 'sa-east-1'],
    ['of the default profile', {}, {}, 'ca-central-1'],
    ['guessed from the regions', { regions: ['eu-north-1', 'eu-*'], profile: 'none' }, {}, 'eu-north-1'],
    ['none', { profile: 'none' }, {}, 'us-east-1'],
  ] as const)('%s', async ([_, settings, environment, expected], { harness, folder }) => {
    const config = await files(
      folder,
      '[default]\nregion = ca-central-1\n[profile x]\nregion = ap-south-1\n[profile y]\nregion = sa-east-1\n',
    )
    const connection = harness.connect(settings, {
      ...noKeys,
      AWS_REGION: '',
      AWS_DEFAULT_REGION: '',
      ...config,
      ...environment,
    })
    expect(await connection.defaultRegion()).toBe(expected)
  })
})
