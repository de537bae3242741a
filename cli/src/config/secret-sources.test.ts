import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { SecretReader } from './secret-sources.js'

let home = ''
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-secrets-'))
  return () => rm(home, { recursive: true })
})

const program = (code: string) => ({ command: [process.execPath, '-e', code] })
const reader = () => new SecretReader({ home, environment: { TOKEN: 'from the environment', EMPTY: '' } })
const read = (settings: object) => reader().resolved('connection "acme"', settings)
const failure = (settings: object) =>
  read(settings).then(
    () => 'no failure',
    (error: Error) => error.message,
  )

describe('a secret', () => {
  it('is what a command says, without its last line end', async () => {
    const settings = { token: program('console.log("two\\n lines ")'), other: 1 }
    expect(await read(settings)).toEqual({ token: 'two\n lines ', other: 1 })
  })

  it('is what stands in a file of the home, or in a variable', async () => {
    await writeFile(join(home, 'key.txt'), 'from a file\r\n')
    expect(await read({ api_key: { file: 'key.txt' }, token: { env: 'TOKEN' } })).toEqual({
      api_key: 'from a file',
      token: 'from the environment',
    })
  })

  it('is asked for by no shell', async () => {
    const echo = { command: [process.execPath, '-p', 'process.argv[1]', '$(id); `id` | cat'] }
    expect(await read({ token: echo })).toEqual({ token: '$(id); `id` | cat' })
  })

  it('is asked for once, however many settings name it', async () => {
    const count = join(home, 'count')
    const source = program(`require('fs').appendFileSync(${JSON.stringify(count)}, 'x'); console.log(1)`)
    const one = reader()
    const all = Array.from({ length: 20 }, (_, index) =>
      one.resolved(`connection ${index}`, { token: source }),
    )
    await Promise.all(all)
    const counting = program(`process.stdout.write(require('fs').readFileSync(${JSON.stringify(count)}))`)
    expect(await read({ token: counting })).toEqual({ token: 'x' })
  })

  it('is nothing but a setting that holds one, and an object of just that form', async () => {
    const others = [
      { headers: { env: 'TOKEN' } },
      { token: { env: 'TOKEN', more: 1 } },
      { token: 'plain' },
      { secret_query: { file: 'x' } },
    ]
    for (const settings of others) expect(await read(settings)).toEqual(settings)
  })
})

describe('a failure names setting and program, and nothing that has come', () => {
  it.each([
    [
      program('console.log("s3cret"); console.error("s3cret"); process.exit(3)'),
      'has failed with exit status 3',
    ],
    [program('process.kill(process.pid, "SIGTERM")'), 'was ended by SIGTERM'],
    [program('console.log("s3cret".repeat(20000))'), 'says more than 65536 bytes'],
    [program(''), 'there is nothing in the output of'],
    [{ command: ['/no/such/program', 's3cret'] }, 'cannot be run: ENOENT'],
    [{ file: 'missing' }, 'cannot be read: ENOENT'],
    [{ env: 'MISSING' }, 'the variable MISSING is not set'],
    [{ env: 'EMPTY' }, 'the variable EMPTY is not set'],
  ])('%j: %s', async (source, words) => {
    const told = await failure({ token: source })
    expect(told).toMatch(/^connection "acme": token: /)
    expect(told).toContain(words)
    expect(told).not.toContain('s3cret')
  })

  it('of a program that may not be run', async () => {
    const path = join(home, 'not-for-running')
    await writeFile(path, 's3cret')
    await chmod(path, 0o600)
    expect(await failure({ token: { command: [path] } })).toContain('cannot be run: EACCES')
  })
})
