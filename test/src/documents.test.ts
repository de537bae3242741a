import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfiguration } from 'millrace/config/configuration'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)

/** What people read, from the repository's folder on. */
const documents = (await readdir(root, { recursive: true })).filter(
  (path) => path.endsWith('.md') && !/(?:^|\/)(?:node_modules|dist)\//.test(path),
)

describe.each(documents)('%s', (path) => {
  const url = new URL(path, root)

  it('links to files that are there', async () => {
    const text = await readFile(url, 'utf8')
    const targets = [...text.matchAll(/\]\(([^)#\s]+)/g)].flatMap(([, target = '']) =>
      /^[a-z]+:/.test(target) ? [] : [target],
    )
    const missing: string[] = []
    for (const target of targets) {
      await access(new URL(target, url)).catch(() => missing.push(target))
    }
    expect(missing).toEqual([])
  })

  it('shows configurations that Millrace takes', async () => {
    const text = await readFile(url, 'utf8')
    const home = await mkdtemp(join(tmpdir(), 'millrace-documents-'))
    try {
      for (const [, json = ''] of text.matchAll(/```json\n([^`]*"connections"[^`]*)```/g)) {
        await writeFile(join(home, 'config.json'), json)
        expect(Object.keys((await readConfiguration(home)).connections)).toContain('aws')
      }
    } finally {
      await rm(home, { recursive: true })
    }
  })

  it('names scripts that there are', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'))
    const named = [...(await readFile(url, 'utf8')).matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name)
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named))
  })
})

it('there are documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']))
})
