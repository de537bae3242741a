import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LogLines } from '@millrace/sql-engine/testing/log-lines'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { warnOfOpenFiles } from './file-permissions.js'
import { readSettings } from './settings.js'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-permissions-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

async function warnings(content: unknown, mode: number): Promise<readonly string[]> {
  const path = join(home, 'config.json')
  await writeFile(path, JSON.stringify(content))
  await chmod(path, mode)
  const lines = new LogLines('warn')
  await warnOfOpenFiles(await readSettings({ MILLRACE_HOME: home }), lines.log)
  return lines.all
}

const withToken = { connections: { ipstack: { plugin: 'ipstack', token: 'hush' } } }

it('a file with a secret that others may read and write is warned of, without the secret', async () => {
  const found = await warnings(withToken, 0o666)
  expect(found).toEqual([
    expect.stringContaining('others may write'),
    expect.stringMatching(/connections\.ipstack\.token.*others may read secrets.*chmod 600/),
  ])
  expect(found.join()).not.toContain('hush')
})

it.each<[string, unknown, number, number]>([
  ['with a secret that others may read', withToken, 0o644, 1],
  [
    'without a secret that others may read',
    { connections: { aws: { plugin: 'aws', profile: 'a' } } },
    0o644,
    0,
  ],
  ['that others may write', {}, 0o622, 1],
  ['with a secret that nobody else may read', withToken, 0o600, 0],
])('of a file %s', async (_, content, mode, count) => {
  expect(await warnings(content, mode)).toHaveLength(count)
})

it('no file is fine', async () => {
  const lines = new LogLines('warn')
  await warnOfOpenFiles(await readSettings({ MILLRACE_HOME: home }), lines.log)
  expect(lines.all).toEqual([])
})
