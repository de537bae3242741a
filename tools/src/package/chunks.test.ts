import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chunksOf } from './chunks.js'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-chunks-'))
})

afterEach(() => rm(root, { recursive: true }))

/** @param modules what each imports, statically or, with a question mark, when it is called for */
async function write(modules: Record<string, readonly string[]>): Promise<void> {
  for (const [name, imported] of Object.entries(modules)) {
    const lines = imported.map((one) =>
      one.startsWith('?')
        ? `process.once('exit', () => import('./${one.slice(1)}.js'))`
        : `import './${one}.js'`,
    )
    await writeFile(join(root, `${name}.js`), [...lines, `console.log('${name}')`].join('\n'))
  }
}

/** The modules in each file of the bundle. */
async function bundled(roots: Record<string, readonly string[]>) {
  const entry = join(root, 'main.js')
  const chunks = chunksOf(
    [entry],
    Object.entries(roots).map(([name, modules]) => ({
      name,
      modules: modules.map((module) => join(root, `${module}.js`)),
    })),
  )
  const bundle = await rolldown({
    input: { main: entry },
    plugins: [chunks.plugin],
    preserveEntrySignatures: 'allow-extension',
  })
  const { output } = await bundle.generate({
    chunkFileNames: '[name].js',
    codeSplitting: chunks.codeSplitting,
  })
  await bundle.close()
  const files = output.flatMap((one) =>
    one.type === 'chunk' && one.moduleIds.some((id) => id.startsWith(root))
      ? [[one.fileName, one.moduleIds.map((id) => id.slice(root.length + 1, -'.js'.length)).sort()] as const]
      : [],
  )
  return Object.fromEntries(files)
}

test('what is read together is one file, and the entry is read without it', async () => {
  await write({
    main: ['shared', '?ask', '?serve', '?rare'],
    shared: [],
    ask: ['shared', 'client'],
    client: [],
    serve: ['client', 'engine'],
    engine: ['shared'],
    rare: ['engine', 'other'],
    other: [],
  })
  expect(await bundled({ ask: ['ask'], serve: ['serve', 'engine'] })).toEqual({
    'main.js': ['main', 'shared'],
    'ask.js': ['ask', 'client'],
    'serve.js': ['engine', 'serve'],
    'rare.js': ['other', 'rare'],
  })
})

test('a module that the bundle does not have is told', async () => {
  await write({ main: [] })
  await expect(bundled({ ask: ['ask'] })).rejects.toThrow(/the bundle has no .*ask\.js/)
})
