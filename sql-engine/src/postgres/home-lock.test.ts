import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockHome } from './home-lock.js'
import { processIdentity } from './process-life.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a home that a living process uses is refused, with its number', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); console.log()'])
  await once(other.stdout, 'data')
  await writeFile(join(folder, `${other.pid}-${await processIdentity(other.pid ?? 0)}`), '')
  await expect(lockHome(folder)).rejects.toMatchObject({
    sqlState: '55006',
    message: expect.stringContaining(`(process ${other.pid})`),
  })

  other.kill('SIGKILL')
  await once(other, 'exit')
  const lock = await lockHome(folder)
  expect(await readdir(folder)).toHaveLength(1)
  await lock.release()
  expect(await readdir(folder)).toEqual([])
})

test.runIf(process.platform === 'linux')('a number that another process now has does not count', async () => {
  await writeFile(join(folder, `${process.ppid}-0123abcd.42`), '')
  const lock = await lockHome(folder)
  await lock.release()
})

test('the same process does not get it twice', async () => {
  const lock = await lockHome(folder)
  await expect(lockHome(folder)).rejects.toMatchObject({ sqlState: '55006' })
  await lock.release()
  await (await lockHome(folder)).release()
})
