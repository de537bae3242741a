import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadOrCreatePassword } from './password.js'

let home = ''
let file = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-password-'))
  file = join(home, 'password')
})
afterEach(() => rm(home, { recursive: true, force: true }))

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('the password', () => {
  it('is made once, of characters that need no escape in a URL', async () => {
    const password = await loadOrCreatePassword(home)
    expect(password).toMatch(/^[\w-]{32}$/)
    expect(await loadOrCreatePassword(home)).toBe(password)
    expect(await readFile(file, 'utf8')).toBe(`${password}\n`)
    expect(await readdir(home)).toEqual(['password'])
  })

  it('differs from home to home', async () => {
    const first = await loadOrCreatePassword(home)
    await rm(file)
    expect(await loadOrCreatePassword(home)).not.toBe(first)
  })

  it('is readable to nobody else, whatever the process lets others do', async () => {
    const usual = process.umask(0)
    try {
      await loadOrCreatePassword(home)
    } finally {
      process.umask(usual)
    }
    expect(await modeOf(file)).toBe(0o600)
  })

  it('may be one that the user has put down; its file is closed to others', async () => {
    await writeFile(file, 'my own: ü\r\n')
    await chmod(file, 0o644)
    expect(await loadOrCreatePassword(home)).toBe('my own: ü')
    expect(await modeOf(file)).toBe(0o600)
  })

  it('may not be empty', async () => {
    await writeFile(file, '\n')
    await expect(loadOrCreatePassword(home)).rejects.toThrow(`${file} is empty`)
  })
})
