/** What a package must not be made of. That the packages work is shown by .ci/package. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noticesOf } from './notices.js'
import { readManifests } from './workspace-manifests.js'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-package-'))
})

afterEach(() => rm(root, { recursive: true }))

async function write(path: string, content: unknown): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true })
  await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
}

/** @param packages the dependencies of each */
async function workspace(
  packages: Record<string, { version?: string; dependencies: Record<string, string> }>,
) {
  await write('package.json', { version: '1.2.3', workspaces: Object.keys(packages) })
  for (const [name, { version = '1.2.3', dependencies }] of Object.entries(packages)) {
    await write(join(name, 'package.json'), { name, version, description: '', license: 'MIT', dependencies })
  }
  return readManifests(root)
}

test('dependencies have the versions that the workspaces give them', async () => {
  const { version, versions } = await workspace({
    one: { dependencies: { zod: '4.6.7', two: '1.2.3' } },
    two: { dependencies: { zod: '4.6.7', pg: '8.23.1' } },
  })
  expect(version).toBe('1.2.3')
  expect([...versions]).toEqual([
    ['zod', '4.6.7'],
    ['pg', '8.23.1'],
  ])
})

test.each([
  [{ one: { version: '1.2.4', dependencies: {} } }, 'one has version 1.2.4, not 1.2.3'],
  [{ one: { dependencies: { zod: '^4.6.7' } } }, 'one needs zod ^4.6.7: pin it'],
  [
    { one: { dependencies: { zod: '4.6.7' } }, two: { dependencies: { zod: '4.6.6' } } },
    'two needs zod 4.6.6, another package 4.6.7',
  ],
])('versions that do not agree make no package: %j', async (packages, message) => {
  await expect(workspace(packages)).rejects.toThrow(message)
})

test('what is bundled brings its licence', async () => {
  const folder = 'node_modules/@some/package'
  await write(`${folder}/package.json`, { name: '@some/package', version: '4.0.0', license: 'ISC' })
  await write(`${folder}/LICENSE.md`, 'Copyright Somebody')
  const text = await noticesOf([join(root, folder, 'one.js'), join(root, folder, 'two.js')])
  expect(text.match(/@some\/package 4\.0\.0 \(ISC\)\n\nCopyright Somebody\n/g)).toHaveLength(1)
})

test('a licence may stand in the page of the package, with its text', async () => {
  const folder = 'node_modules/package'
  await write(`${folder}/package.json`, { name: 'package', version: '4.0.0', license: 'MIT' })
  const file = join(root, folder, 'one.js')
  const text = '## License\n\nCopyright (c) 2014 Somebody\n\nPermission is granted\n'
  await write(`${folder}/README.md`, `# package\n\n${text}\n## Thanks\n\nto all\n`)
  expect(await noticesOf([file])).toMatch(/\nCopyright \(c\) 2014 Somebody\n\nPermission is granted\n$/)
  await write(`${folder}/README.md`, '# package\n\n## License\n\nMIT, Copyright 2014 Somebody\n')
  await expect(noticesOf([file])).rejects.toThrow('without the text of its licence')
})

test('what has no text of its licence is not bundled', async () => {
  const folder = 'node_modules/package'
  await write(`${folder}/package.json`, { name: 'package', version: '4.0.0', license: 'MIT' })
  await expect(noticesOf([join(root, folder, 'one.js')])).rejects.toThrow('without the text of its licence')
})
