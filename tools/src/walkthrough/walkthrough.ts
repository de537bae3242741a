/** A document that is followed word for word: its commands are run, its files written, its outputs compared. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What a block of the document stands for. */
export type Step =
  | { readonly kind: 'run'; readonly script: string; readonly line: number }
  /** @property output of the commands before it */
  | { readonly kind: 'compare'; readonly output: string; readonly line: number }
  | { readonly kind: 'write'; readonly file: string; readonly text: string; readonly line: number }
  | {
      readonly kind: 'change'
      readonly file: string
      readonly from: string
      readonly to: string
      readonly line: number
    }

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm
/** A file is named last in the text above its block. */
const fileName = /`([\w./-]+\.(?:ts|json|js|md))`/g

/**
 * The steps of a document.
 * @throws Error for a block that stands for nothing: every block counts
 */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = []
  let end = 0
  let file: string | undefined
  for (const match of markdown.matchAll(fence)) {
    const [block, language = '', text = ''] = match
    const line = markdown.slice(0, match.index).split('\n').length
    file = [...markdown.slice(end, match.index).matchAll(fileName)].at(-1)?.[1] ?? file
    end = match.index + block.length
    if (language === 'sh') steps.push({ kind: 'run', script: text, line })
    else if (language === 'text') steps.push({ kind: 'compare', output: text, line })
    else if (file === undefined) throw new Error(`line ${line}: no file is named above the block`)
    else if (language === 'diff') steps.push({ kind: 'change', file, ...sidesOf(text, line), line })
    else if (['ts', 'json', 'js'].includes(language)) steps.push({ kind: 'write', file, text, line })
    else throw new Error(`line ${line}: a block of the kind "${language}" stands for nothing`)
  }
  return steps
}

function sidesOf(diff: string, line: number): { from: string; to: string } {
  const lines = diff.split('\n').slice(0, -1)
  const odd = lines.find((one) => !/^[ +-]/.test(one))
  if (odd !== undefined) throw new Error(`line ${line}: "${odd}" begins with none of " ", "+" and "-"`)
  const side = (sign: string) =>
    lines
      .flatMap((one) => (one.startsWith(' ') || one.startsWith(sign) ? [`${one.slice(1)}\n`] : []))
      .join('')
  return { from: side('-'), to: side('+') }
}

/**
 * Follows a document.
 * @param folder where it begins, empty
 * @param tell called with each step before it is taken
 * @throws Error that names the line, where a command fails or something is other than the document says
 */
export async function follow(
  steps: readonly Step[],
  folder: string,
  environment: NodeJS.ProcessEnv,
  tell: (step: Step) => void = () => {},
): Promise<void> {
  let place = folder
  let printed = ''
  for (const step of steps) {
    tell(step)
    switch (step.kind) {
      case 'run': {
        const ended = await run(step, place, environment)
        ;({ place, printed } = ended)
        break
      }
      case 'compare':
        if (withoutTrails(printed) !== withoutTrails(step.output)) {
          throw new Error(`line ${step.line}: instead of\n${step.output}there is\n${printed}`)
        }
        break
      case 'write':
        await mkdir(dirname(join(place, step.file)), { recursive: true })
        await writeFile(join(place, step.file), step.text)
        break
      case 'change': {
        const before = await readFile(join(place, step.file), 'utf8')
        if (before.split(step.from).length !== 2) {
          throw new Error(`line ${step.line}: ${step.file} does not have once:\n${step.from}`)
        }
        await writeFile(
          join(place, step.file),
          before.replace(step.from, () => step.to),
        )
      }
    }
  }
}

function withoutTrails(text: string): string {
  return text.replace(/[ \t]+$/gm, '').trim()
}

/** Between these, a script says where it has ended up. */
const mark = '\u0001'

function run(
  { script, line }: Extract<Step, { kind: 'run' }>,
  place: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ place: string; printed: string }> {
  const commands = `${script}\nprintf '${mark}%s' "$PWD"`
  return new Promise((resolve, reject) => {
    execFile(
      'bash',
      ['-euo', 'pipefail', '-c', commands],
      { cwd: place, env: { ...environment, PWD: place } },
      (error, stdout, stderr) => {
        const [printed = '', next = ''] = stdout.split(mark)
        if (error === null) resolve({ place: next, printed })
        else reject(new Error(`line ${line}: these commands fail:\n${script}${printed}${stderr}`))
      },
    ).stdin?.end()
  })
}
