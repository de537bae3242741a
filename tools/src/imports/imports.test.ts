import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readFileContent } from './find-imports.js'
import { findFaults } from './import-rules.js'
import { readWorkspace, type SourceFile, type Workspace } from './workspace-package.js'

describe('imports', () => {
  it('run the way that the design draws, in every file of every package', async () => {
    const workspace = await readWorkspace(fileURLToPath(new URL('../../..', import.meta.url)))
    expect(workspace.packages.length).toBeGreaterThanOrEqual(8)
    const files = workspace.packages.flatMap((each) => each.files)
    expect(files.length).toBeGreaterThan(500)
    expect(findFaults(workspace)).toEqual([])
  })
})

describe('finding imports', () => {
  it('sees every way to write one, and nothing that only looks like one', () => {
    const { imports } = readFileContent(
      'made-up.ts',
      `import type { A } from 'type'
       import b, { type C } from 'mixed/sub'
       import * as d from './namespace.js'
       import 'side-effect'
       export * from 'all'
       export type { E } from 'named'
       import f = require('equals')
       type G = import('in-a-type').G
       const h = \`import 'no' \${await import('dynamic')}\`
       // import 'no'
       const i = "import 'no'"
       const j = await import(i)`,
    )
    expect(imports).toEqual([
      { specifier: 'type', line: 1 },
      { specifier: 'mixed/sub', line: 2 },
      { specifier: './namespace.js', line: 3 },
      { specifier: 'side-effect', line: 4 },
      { specifier: 'all', line: 5 },
      { specifier: 'named', line: 6 },
      { specifier: 'equals', line: 7 },
      { specifier: 'in-a-type', line: 8 },
      { specifier: 'dynamic', line: 9 },
    ])
  })

  it('refuses what it cannot read', () => {
    expect(() => readFileContent('made-up.ts', 'import from from')).toThrow(/^made-up\.ts: /)
  })
})

describe('a fault', () => {
  const scopeOf: Record<string, string> = {
    'plugins/sdk': '@millrace/plugin-sdk',
    'plugins/aws': '@millrace/plugin-aws',
    'plugins/ipstack': '@millrace/plugin-ipstack',
    'sql-engine': '@millrace/sql-engine',
    server: '@millrace/server',
    sandbox: '@millrace/sandbox',
    'examples/plugin': '@millrace/example-plugin',
    cli: 'millrace',
    test: '@millrace/test',
  }

  /** A workspace where one file holds the text, and each package declares all others. */
  function faultsOf(path: string, text: string, declared = Object.values(scopeOf)): string[] {
    const workspace: Workspace = {
      developmentDependencies: new Set(['vitest']),
      packages: Object.entries(scopeOf).map(([folder, name]) => {
        const inside = path.startsWith(`${folder}/`)
        const file: SourceFile = { path: path.slice(folder.length + 1), ...readFileContent(path, text) }
        return {
          name,
          folder,
          dependencies: new Set(inside ? declared : []),
          developmentDependencies: new Set(),
          files: inside ? [file] : [],
        }
      }),
    }
    return findFaults(workspace).filter((fault) => !fault.includes('package.json: '))
  }

  it.each([
    ['sql-engine/src/a.ts', '@millrace/server/gateway', 'sql-engine must not import server'],
    ['sql-engine/src/a.ts', '@millrace/plugin-aws/plugin', 'sql-engine must not import plugins/aws'],
    ['sql-engine/src/a.test.ts', '@millrace/plugin-aws/plugin', 'sql-engine must not import plugins/aws'],
    ['server/src/a.ts', '@millrace/plugin-sdk', 'server must not import plugins/sdk'],
    ['server/src/a.ts', 'millrace/home-service', 'server must not import cli'],
    ['plugins/sdk/src/a.ts', '@millrace/sql-engine/engine', 'plugins/sdk must not import sql-engine'],
    [
      'plugins/aws/src/a.ts',
      '@millrace/plugin-ipstack/plugin',
      'plugins/aws must not import plugins/ipstack',
    ],
    ['plugins/aws/src/a.ts', '@millrace/sql-engine/engine', 'plugins/aws must not import sql-engine'],
    ['plugins/aws/src/a.ts', '@millrace/sandbox/sandbox', 'plugins/aws must not import sandbox'],
    ['sandbox/src/a.ts', '@millrace/plugin-aws/plugin', 'sandbox must not import plugins/aws'],
    ['cli/src/a.ts', '@millrace/test/bench', 'cli must not import test'],
  ])('is told where %s imports %s', (path, specifier, fault) => {
    expect(faultsOf(path, `import type { A } from '${specifier}'`)).toEqual([
      `${path}:1: ${fault} ("${specifier}")`,
    ])
  })

  it.each([
    ['cli/src/a.ts', '@millrace/server/gateway'],
    ['cli/src/a.ts', '@millrace/plugin-aws/plugin'],
    ['cli/src/demo/a.ts', '@millrace/sandbox/sandbox'],
    ['server/src/a.ts', '@millrace/sql-engine/statement'],
    ['server/src/a.test.ts', '@millrace/plugin-sdk'],
    ['sql-engine/src/a.ts', '@millrace/plugin-sdk'],
    ['plugins/aws/src/a.ts', '@millrace/plugin-sdk'],
    ['plugins/aws/src/a.test.ts', '@millrace/sandbox/sandbox'],
    ['plugins/aws/src/a.ts', './b/c.js'],
    ['plugins/aws/src/b/a.ts', '../c.js'],
    ['plugins/aws/src/a.test.ts', 'vitest'],
    ['plugins/aws/src/a.ts', 'node:fs/promises'],
    ['examples/plugin/src/a.ts', '@millrace/server/gateway'],
    ['test/src/a.ts', 'millrace/home-service'],
  ])('is not told where %s imports %s', (path, specifier) => {
    expect(faultsOf(path, `export * from '${specifier}'`)).toEqual([])
  })

  it.each([
    ['./testing.js', '"./testing.js" is for tests only'],
    ['./conformance.js', '"./conformance.js" is for tests only'],
    ['./a.test.js', '"./a.test.js" is for tests only'],
    [
      '@millrace/sql-engine/testing/test-postgres',
      '"@millrace/sql-engine/testing/test-postgres" is for tests only',
    ],
    ['../../server/src/gateway.js', '"../../server/src/gateway.js" leaves the package\'s sources'],
    ['millrace/home-service', '"millrace/home-service" is in the same package: import it by a relative path'],
    ['fs', '"fs" is a module of Node.js: write node:fs'],
    ['left-pad/lib', '"left-pad" is not declared in cli/package.json'],
    ['@left/pad/lib', '"@left/pad" is not declared in cli/package.json'],
    ['vitest', '"vitest" is not declared in cli/package.json'],
  ])('is told where a file of cli imports %s', (specifier, fault) => {
    expect(faultsOf('cli/src/a.ts', `\nawait import('${specifier}')`)).toEqual([`cli/src/a.ts:2: ${fault}`])
  })

  it('is told where a package of ours is imported without being declared', () => {
    expect(faultsOf('cli/src/a.ts', `import '@millrace/server/gateway'`, [])).toEqual([
      'cli/src/a.ts:1: "@millrace/server" is not declared in cli/package.json',
    ])
  })

  it.each(["'ipstack'", '`aws_trail`'])('is told where the engine speaks of %s', (string) => {
    const [fault] = faultsOf('sql-engine/src/a.ts', `export const a = ${string}`)
    expect(fault).toMatch(
      /^sql-engine\/src\/a\.ts:1: sql-engine must not know the plugin (?:aws|ipstack) by name/,
    )
  })

  it('is told where a manifest declares a dependency that must not be', () => {
    const server = {
      name: '@millrace/server',
      folder: 'server',
      files: [],
      developmentDependencies: new Set(''),
    }
    const engine = { ...server, name: '@millrace/sql-engine', folder: 'sql-engine' }
    const packages = [
      { ...server, dependencies: new Set(['@millrace/sql-engine']) },
      { ...engine, dependencies: new Set(['@millrace/server']) },
    ]
    expect(findFaults({ packages, developmentDependencies: new Set() })).toEqual([
      'sql-engine/package.json: sql-engine must not depend on server',
    ])
  })
})
