import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { postgresAccount } from './account.js'
import { nativeBinaries } from './native-binaries.js'
import { findNativePackage, restoreLinks } from './native-package.js'

const run = promisify(execFile)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-native-'))
  await chmod(folder, 0o711)
})
afterEach(async () => {
  await run('chmod', ['-R', 'u+w', folder])
  await rm(folder, { recursive: true })
})

/** The package as npm leaves it when it is told to run no scripts: without the links between libraries. */
async function installedWithoutLinks(): Promise<{ folder: string; version: string }> {
  const { folder: source, version } = await findNativePackage()
  const native = join(folder, 'package', 'native')
  await mkdir(join(folder, 'package'))
  await run('cp', ['-a', source, native])
  await run('find', [native, '-type', 'l', '-delete'])
  return { folder: native, version }
}

test('missing links are restored, also by two at once', async () => {
  const native = join(folder, 'native')
  await mkdir(join(native, 'lib'), { recursive: true })
  const list = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
  await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(list))
  await Promise.all([restoreLinks(native), restoreLinks(native)])
  expect(await readlink(join(native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18')
})

test('programs run where they are installed, even without their links', async () => {
  const installed = await installedWithoutLinks()
  const account = await postgresAccount(join(folder, 'data'))
  const binaries = await nativeBinaries(installed, join(folder, 'copies'), account)
  expect(binaries.postgres).toBe(join(installed.folder, 'bin', 'postgres'))
  expect(binaries.majorVersion).toBe(Number.parseInt(installed.version, 10))
})

test('programs that cannot run where they are installed are copied, once', async () => {
  const installed = await installedWithoutLinks()
  const account = await postgresAccount(join(folder, 'data'))
  // Root: PostgreSQL's account cannot enter, as under /root. Others: the links cannot be written.
  if (account !== undefined) await chmod(join(folder, 'package'), 0o700)
  else await chmod(join(installed.folder, 'lib'), 0o555)

  const copies = join(folder, 'copies')
  const [one, two] = await Promise.all([
    nativeBinaries(installed, copies, account),
    nativeBinaries(installed, copies, account),
  ])
  expect(one).toEqual(two)
  expect(one.initdb).toBe(join(copies, `postgres-${installed.version}`, 'bin', 'initdb'))
  const { ino } = await stat(one.postgres)
  await nativeBinaries(installed, copies, account)
  expect((await stat(one.postgres)).ino).toBe(ino)
  expect(await readdir(copies)).toHaveLength(1)
})

test('a machine where they do not run is told why', async () => {
  const native = join(folder, 'package', 'native')
  await mkdir(join(native, 'bin'), { recursive: true })
  await writeFile(join(native, 'pg-symlinks.json'), '[]')
  await writeFile(join(native, 'bin', 'postgres'), '#!/bin/sh\necho no such libc >&2\nexit 1\n', {
    mode: 0o755,
  })
  await expect(
    nativeBinaries({ folder: native, version: '18.0.0' }, join(folder, 'copies'), undefined),
  ).rejects.toMatchObject({ sqlState: '58000', detail: expect.stringContaining('no such libc') })
})
