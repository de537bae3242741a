/** Completion by a real bash, with nothing but what bash itself has. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { describedProgram } from '../command.js'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { allCommands, commandTree } from './command-tree.js'
import { completionScript } from './scripts.js'

let script = ''

beforeAll(async () => {
  await buildCommand()
  const { code, stdout, stderr } = await new MillraceProcess(['completion', 'bash'], {}).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  script = stdout
}, 120_000)

/** What bash would offer, with strict settings, when Tab is pressed behind the words. */
async function offered(...words: string[]): Promise<string[]> {
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
    expect(await offered('')).toEqual(
      expect.arrayContaining(['query', 'service', 'demo', 'completion', '--help']),
    )
    expect(await offered('serv')).toEqual(['serve', 'service'])
    expect(await offered('service', 'st')).toEqual(['start', 'stop', 'status'])
    expect(await offered('service', 'start', '--l')).toEqual(['--listen'])
    expect(await offered('service', 'start', '--listen', '')).toEqual(['local', 'network'])
    expect(await offered('query', '--out')).toEqual(['--output'])
    expect(await offered('query', 'select 1', '-o', 'js')).toEqual(['json', 'jsonl'])
    expect(await offered('completion', 'f')).toEqual(['fish'])
  })

  it('leaves files to bash where a file or anything may stand', async () => {
    expect(await offered('query', '--export', 'a')).toEqual([])
    expect(await offered('query', 'rep')).toEqual([])
  })

  it('evaluates nothing that was typed', async () => {
    expect(
      await offered('query', '$(echo evaluated >&2)', '`echo evaluated >&2`', '"; echo x', '--out'),
    ).toEqual(['--output'])
  })
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
