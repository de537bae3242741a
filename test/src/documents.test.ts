import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfiguration } from 'millrace/config/configuration'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)

/** What people read, from the repository's folder on. */
const documents = (await readdir(root, { recursive: true })).filter(
  (path) => path.endsWith('.md') && !/(?:^|\/)(?:node_modules|dist|build)\//.test(path),
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

  it('links to headings that are there', async () => {
    const text = await readFile(url, 'utf8')
    const missing: string[] = []
    for (const [, target = '', heading = ''] of text.matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)) {
      const linked = target === '' ? text : await readFile(new URL(target, url), 'utf8').catch(() => '')
      if (!anchorsOf(linked).has(heading)) missing.push(`${target}#${heading}`)
    }
    expect(missing).toEqual([])
  })

  it('shows configurations that Millrace takes', async () => {
    const text = await readFile(url, 'utf8')
    const home = await mkdtemp(join(tmpdir(), 'millrace-documents-'))
    try {
      for (const [, json = ''] of text.matchAll(/```json\n([^`]*"connections"[^`]*)```/g)) {
        await writeFile(join(home, 'config.json'), json)
        const { connections, faulty, faults } = await readConfiguration(home)
        expect(connections.size).toBeGreaterThan(0)
        expect({ faulty: faulty.size, faults }).toEqual({ faulty: 0, faults: [] })
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

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

it('every step of a statement’s way is linked to its code', async () => {
  const text = await readFile(new URL('docs/architecture.md', root), 'utf8')
  const way = text.slice(text.indexOf("## A statement's way"), text.indexOf('## What must hold'))
  const steps = way.split(/^\d+\. /m).slice(1)
  expect(steps.length).toBeGreaterThan(8)
  for (const step of steps) expect(step).toMatch(/\]\(\.\.\/[a-z-]+\/src\//)
})

it('there are documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']))
})
