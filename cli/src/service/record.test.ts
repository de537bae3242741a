import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findService, recordService, removeServiceRecord } from './record.js'

let home = ''

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-record-'))
})
afterEach(() => rm(home, { recursive: true }))

const address = { host: '127.0.0.1', port: 9193, user: 'millrace', database: 'millrace', password: 'secret' }

describe('the record of a service', () => {
  it('is found while its process lives, and has no password', async () => {
    expect(await findService(home)).toBeUndefined()
    await recordService(home, address, { purpose: 'service', listening: { port: 9193 } })
    const { password: _, ...known } = address
    expect(await findService(home)).toEqual({
      pid: process.pid,
      ...known,
      purpose: 'service',
      started: expect.stringMatching(/^\d{4}-.*Z$/),
      listening: { port: 9193 },
    })
    expect(await readFile(join(home, 'service.json'), 'utf8')).not.toContain('secret')
    expect((await stat(join(home, 'service.json'))).mode & 0o777).toBe(0o600)
    await removeServiceRecord(home)
    expect(await findService(home)).toBeUndefined()
  })

  it.each([
    ['', 'an empty file'],
    ['{"pid": 1', 'half a file'],
    ['{"pid": 0}', 'another file'],
    // Process numbers end far below: https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html
    [JSON.stringify({ ...address, pid: 2 ** 30 }), 'the record of a process that is gone'],
  ])('is not found in %j', async (text) => {
    await writeFile(join(home, 'service.json'), text)
    expect(await findService(home)).toBeUndefined()
  })
})
