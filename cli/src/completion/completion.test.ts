/** Completion by the real shells, with nothing but what they themselves have. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { describedProgram } from '../command.js'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { hasPython, Terminal } from '../testing/terminal.js'
import { allCommands, commandTree } from './command-tree.js'
import { completionScript } from './scripts.js'

beforeAll(buildCommand, 120_000)

async function scriptOf(shell: string): Promise<string> {
  const { code, stdout, stderr } = await new MillraceProcess(['completion', shell], {}).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** With CI=true, one that is missing fails. */
const has = (shell: string) =>
  process.env.CI === 'true' || spawnSync(shell, ['--version']).error === undefined

let script: string | undefined

/** What bash would offer, with strict settings, when Tab is pressed behind the words. */
async function offeredByBash(...words: string[]): Promise<string[]> {
  script ??= await scriptOf('bash')
  const line = ['millrace', ...words]
  const code = `set -u
${script}
COMP_WORDS=("$@")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_millrace
printf '%s\\n' "\${COMPREPLY[@]:-}"`
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', code, 'bash', ...line])
  expect(stderr).toBe('')
  return stdout.split('\n').filter((word) => word !== '')
}

describe('completion in bash', () => {
  it('offers commands, their options, and values of these', async () => {
    expect(await offeredByBash('')).toEqual(
      expect.arrayContaining(['query', 'service', 'demo', 'completion', '--help']),
    )
    expect(await offeredByBash('serv')).toEqual(['serve', 'service'])
    expect(await offeredByBash('service', 'st')).toEqual(['start', 'stop', 'status'])
    expect(await offeredByBash('service', 'start', '--l')).toEqual(['--listen'])
    expect(await offeredByBash('service', 'start', '--listen', '')).toEqual(['local', 'network'])
    expect(await offeredByBash('query', '--out')).toEqual(['--output'])
    expect(await offeredByBash('query', 'select 1', '-o', 'js')).toEqual(['json', 'jsonl'])
    expect(await offeredByBash('completion', 'f')).toEqual(['fish'])
  })

  it('leaves files to bash where a file or anything may stand', async () => {
    expect(await offeredByBash('query', '--export', 'a')).toEqual([])
    expect(await offeredByBash('query', 'rep')).toEqual([])
  })

  it('evaluates nothing that was typed', async () => {
    expect(
      await offeredByBash('query', '$(echo evaluated >&2)', '`echo evaluated >&2`', '"; echo x', '--out'),
    ).toEqual(['--output'])
  })
})

describe.runIf(has('fish'))('completion in fish', () => {
  it('offers commands, their options, and values of these', async () => {
    const fish = await scriptOf('fish')
    const offered = async (line: string) => {
      const code = 'source (printf %s $argv[1] | psub); complete --do-complete $argv[2]'
      const { stdout, stderr } = await promisify(execFile)('fish', ['--no-config', '-c', code, fish, line])
      expect(stderr).toBe('')
      return stdout.split('\n').flatMap((each) => each.split('\t')[0] || [])
    }
    expect(await offered('millrace ')).toEqual(expect.arrayContaining(['query', 'service', 'demo']))
    expect(await offered('millrace serv')).toEqual(['serve', 'service'])
    expect(await offered('millrace connection ')).toEqual(expect.arrayContaining(['add', 'list', 'test']))
    expect(await offered('millrace service start --l')).toEqual(['--listen'])
    expect(await offered('millrace service start --listen ')).toEqual(['local', 'network'])
    expect(await offered("millrace query 'select 1' -o js")).toEqual(['json', 'jsonl'])
    expect(await offered('millrace completion f')).toEqual(['fish'])
    expect(await offered("millrace query '$(echo evaluated >&2)' --out")).toEqual(['--output'])
  })
})

describe.runIf(has('zsh') && hasPython())('completion in zsh', () => {
  it('completes commands, their options, and values of these, when Tab is pressed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-zsh-'))
    await writeFile(join(folder, 'script'), await scriptOf('zsh'))
    const terminal = new Terminal(['-f', '-i'], { HOME: folder }, ['zsh'])
    try {
      terminal.type('autoload -Uz compinit && compinit -u -D; source ~/script\r')
      terminal.type('millrace() { print -r -- "ran: $* ." }; echo rea""dy\r')
      await terminal.shows('ready')
      const completed: readonly (readonly [string, string])[] = [
        ['millrace connec\ta\t', 'connection add'],
        ['millrace service start --li\tnet\t', 'service start --listen network'],
        [
          "millrace query '$(echo evaluated >&2)' --out\tjsonl\t",
          'query $(echo evaluated >&2) --output jsonl',
        ],
      ]
      for (const [typed, words] of completed) {
        terminal.type(`${typed}\r`)
        const shown = await terminal.shows(' .\r\n')
        expect(shown).toContain(`ran: ${words}`)
      }
      terminal.type('exit\r')
      expect(await terminal.ended).toBe(0)
    } finally {
      terminal.kill()
      await rm(folder, { recursive: true, force: true })
    }
  }, 30_000)
})

it.each(['zsh', 'fish'] as const)('the script of %s names every command and option', (shell) => {
  const tree = commandTree(describedProgram())
  const text = completionScript(shell, tree)
  for (const { path, options } of allCommands(tree)) {
    for (const word of path) expect(text).toContain(word)
    for (const name of options.flatMap(({ names }) => names))
      if (name.startsWith('--')) expect(text).toContain(name.slice(2))
  }
})
