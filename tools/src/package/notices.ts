/** The licences of the packages of others that a bundle contains. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string() })

/**
 * The text for the file of notices.
 * @param files as the bundler names them
 * @throws Error where a package comes without the text of its licence: it cannot be bundled
 */
export async function noticesOf(files: readonly string[]): Promise<string> {
  const folders = [
    ...new Set(files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [])),
  ]
  const notices = await Promise.all(folders.map(noticeOf))
  return [
    'Millrace is under the licence in the file LICENSE. Its files also contain these packages of others,',
    'each under its own licence:',
    ...notices.sort(),
  ].join('\n')
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = manifest.parse(
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
  )
  const texts = await licenceTexts(folder)
  if (texts.length === 0) throw new Error(`${name} comes without the text of its licence: keep it apart`)
  return `\n${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`
}

/** The files of the licence, or the section of README.md that has its whole text. */
async function licenceTexts(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  const files = names.filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file)).sort()
  if (files.length > 0) return Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  const readme = names.find((file) => /^readme\.md$/i.test(file))
  const page = readme === undefined ? '' : await readFile(join(folder, readme), 'utf8')
  const section = /^#+ *licen[cs]e *\n([\s\S]*?)(?=^#|$(?![\s\S]))/im.exec(page)?.[1] ?? ''
  // A name of a licence is not its text, which both of these begin with.
  return /^ *Copyright .*\d{4}/im.test(section) && /\bPermission\b/.test(section) ? [section] : []
}
