/** Whose limits a connection's calls count for, before any call and after. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { collectRows } from '@millrace/plugin-sdk/testing'
import {
  articleAccountId,
  otherAccountId,
  otherCredentials,
  sandboxCredentials,
  sandboxRoles,
} from '@millrace/sandbox/credentials'
import { describe, expect } from 'vitest'
import { region } from '../tables/region.js'
import type { AwsHarness } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import type { AwsConnection } from './connection.js'

const keyLines = ({ accessKeyId, secretAccessKey }: typeof otherCredentials) =>
  `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
const keysOf = ({ accessKeyId, secretAccessKey }: typeof otherCredentials) => ({
  access_key: accessKeyId,
  secret_key: secretAccessKey,
})

/** A connection by the profile `x` with these lines. */
async function connectBy(
  harness: AwsHarness,
  folder: string,
  lines: string,
  settings: object = {},
): Promise<AwsConnection> {
  const path = join(folder, 'config')
  await writeFile(path, `[profile base]\n${keyLines(sandboxCredentials)}[profile x]\n${lines}\n`)
  return harness.connect({ profile: 'x', ...settings }, { AWS_CONFIG_FILE: path })
}

/** Of accounts by number, as connections to the sandbox name them. */
async function nameOf(harness: AwsHarness, accountId: string): Promise<string | undefined> {
  return harness.connect({ role_arn: `arn:aws:iam::${accountId}:role/any` }).account()
}

const role = `role_arn = ${sandboxRoles.reader}`
const singleSignOn = `sso_account_id = ${otherAccountId}\nsso_role_name = Reader`

describe('before any call', () => {
  test.for([
    ['a role by the keys of another profile', `${role}\nsource_profile = base`],
    ["a role by the machine's credentials", `${role}\ncredential_source = Ec2InstanceMetadata`],
    ['a role before keys', `${role}\nsource_profile = base\n${keyLines(sandboxCredentials)}`],
    ['a role by the token of a web identity', `${role}\nweb_identity_token_file = /token`],
    ['single sign-on', singleSignOn],
  ] as const)("a profile's account is known: %s", async ([_, lines], { harness, folder }) => {
    const connection = await connectBy(harness, folder, lines)
    expect(await connection.account()).toBe(await nameOf(harness, otherAccountId))
    expect(harness.operations()).toEqual([])
  })

  test.for([
    ['keys', keyLines(otherCredentials)],
    ['keys go before single sign-on', `${keyLines(otherCredentials)}${singleSignOn}`],
    ['keys, and a role that nobody takes on', `${keyLines(otherCredentials)}${role}`],
    ['a process goes before single sign-on', `credential_process = /bin/false\n${singleSignOn}`],
    ['no account in the ARN', 'role_arn = arn:aws:iam::me:role/reader\nsource_profile = base'],
  ] as const)('it is not where the files do not tell: %s', async ([_, lines], { harness, folder }) => {
    expect(await (await connectBy(harness, folder, lines)).account()).toBeUndefined()
  })

  test("the settings' role and keys go before the profile", async ({ harness, folder }) => {
    const byRole = await connectBy(harness, folder, keyLines(sandboxCredentials), {
      role_arn: sandboxRoles.guarded,
    })
    expect(await byRole.account()).toBe(await nameOf(harness, otherAccountId))
    const byKeys = await connectBy(harness, folder, singleSignOn, {
      profile: undefined,
      ...keysOf(sandboxCredentials),
    })
    expect(await byKeys.account()).toBeUndefined()
  })

  test('an account at another address is another', async ({ harness }) => {
    const settings = { role_arn: sandboxRoles.reader, endpoint_url: 'http://127.0.0.1:9' }
    expect(await harness.connect(settings).account()).not.toBe(await nameOf(harness, otherAccountId))
    expect(await nameOf(harness, articleAccountId)).not.toBe(await nameOf(harness, otherAccountId))
  })
})

describe('after calls', () => {
  const rowsOf = (connection: AwsConnection, columns: readonly ('name' | 'account_id')[]) =>
    collectRows(region, { connection, columns })

  test('the credentials that were found say whose they are', async ({ harness, folder }) => {
    const connection = await connectBy(
      harness,
      folder,
      `${keyLines(otherCredentials)}aws_account_id = ${otherAccountId}`,
    )
    expect(await connection.account()).toBeUndefined()
    await rowsOf(connection, ['name'])
    expect(await connection.account()).toBe(await nameOf(harness, otherAccountId))
    expect(harness.operations()).toEqual(['DescribeRegions'])
  })

  test('a role that was taken on is of its account', async ({ harness }) => {
    const connection = harness.connect({ role_arn: sandboxRoles.reader })
    await rowsOf(connection, ['name'])
    expect(await connection.account()).toBe(await nameOf(harness, otherAccountId))
  })

  test("keys' account is known once a query has asked for it", async ({ harness }) => {
    const connection = harness.connect(keysOf(otherCredentials))
    await rowsOf(connection, ['name'])
    expect(await connection.account()).toBeUndefined()
    await rowsOf(connection, ['account_id'])
    expect(await connection.account()).toBe(await nameOf(harness, otherAccountId))
  })
})
