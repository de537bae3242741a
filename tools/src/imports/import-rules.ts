/**
 * Which way imports may run: `cli → server → sql-engine → plugins/sdk ← plugins/*`. What is told is one line
 * for each fault, `folder/path:line: what is wrong`.
 */
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { circularRooms } from './circular-rooms.js'
import type { SourceFile, Workspace, WorkspacePackage } from './workspace-package.js'

/** By folder: the folders of packages that a package may import. */
const directions: readonly { readonly from: RegExp; readonly to: RegExp; readonly testsTo?: RegExp }[] = [
  { from: /^plugins\/sdk$/, to: /^$/ },
  { from: /^plugins\//, to: /^plugins\/sdk$/, testsTo: /^sandbox$/ },
  { from: /^sql-engine$/, to: /^plugins\/sdk$/ },
  { from: /^server$/, to: /^sql-engine$/, testsTo: /^(?:plugins\/sdk|sandbox)$/ },
  { from: /^cli$/, to: /^(?:server|sql-engine|plugins\/.*|sandbox|console|examples\/.*)$/ },
  { from: /^(?:sandbox|console)$/, to: /^$/ },
  { from: /^(?:examples\/.*|test|tools)$/, to: /^/ },
]

/** Parts that are to know no plugin by name. */
const ignorantOfPlugins = /^(?:plugins\/sdk|sql-engine|server)$/

/** Packages that no user gets: all that they hold is for tests. */
const onlyForTests = /^(?:test|tools)$/

/** Checks every import of every package, and every dependency that a manifest declares. */
export function findFaults(workspace: Workspace): string[] {
  return workspace.packages.flatMap((from) => [
    ...declaredFaults(from, workspace),
    ...circularRooms(from.files.filter(({ path }) => !isTestFile(path))).map(
      (circle) => `${from.folder}: rooms import each other: ${circle}`,
    ),
    ...from.files.flatMap((file) => [
      ...importFaults(from, file, workspace),
      ...nameFaults(from, file, workspace),
    ]),
  ])
}

/** Tests, and what only tests use. */
export function isTestFile(path: string): boolean {
  return /\.test\.[cm]?tsx?$|(?:^|\/)(?:testing|conformance)(?:\/|\.ts$)/.test(path)
}

function declaredFaults(from: WorkspacePackage, workspace: Workspace): string[] {
  return workspace.packages.flatMap((to) => {
    if (!from.dependencies.has(to.name) || mayImport(from, to, false)) return []
    return [`${from.folder}/package.json: ${from.folder} must not depend on ${to.folder}`]
  })
}

function importFaults(from: WorkspacePackage, file: SourceFile, workspace: Workspace): string[] {
  return file.imports.flatMap(({ specifier, line }) => {
    const fault = importFault(specifier, from, file, workspace)
    return fault === undefined ? [] : [`${from.folder}/${file.path}:${line}: ${fault}`]
  })
}

function importFault(
  specifier: string,
  from: WorkspacePackage,
  file: SourceFile,
  { packages, developmentDependencies }: Workspace,
): string | undefined {
  const isTest = onlyForTests.test(from.folder) || isTestFile(file.path)
  if (specifier.startsWith('.')) return relativeFault(specifier, file.path, isTest)
  if (specifier.startsWith('node:')) return undefined
  if (isBuiltin(specifier)) return `"${specifier}" is a module of Node.js: write node:${specifier}`
  const name = packageOf(specifier)
  const to = packages.find((candidate) => candidate.name === name)
  if (to !== undefined) {
    if (to === from) return `"${specifier}" is in the same package: import it by a relative path`
    if (!mayImport(from, to, isTest)) return `${from.folder} must not import ${to.folder} ("${specifier}")`
    if (!isTest && isTestFile(`src/${specifier.slice(name.length + 1)}.ts`)) {
      return `"${specifier}" is for tests only`
    }
    if (isTest) return undefined
  }
  if (from.dependencies.has(name)) return undefined
  if (isTest && (from.developmentDependencies.has(name) || developmentDependencies.has(name))) {
    return undefined
  }
  return `"${name}" is not declared in ${from.folder}/package.json`
}

function relativeFault(specifier: string, path: string, isTest: boolean): string | undefined {
  const target = posix.join(posix.dirname(path), specifier)
  if (!target.startsWith('src/')) return `"${specifier}" leaves the package's sources`
  if (!isTest && isTestFile(target.replace(/\.js$/, '.ts'))) return `"${specifier}" is for tests only`
  return undefined
}

function mayImport(from: WorkspacePackage, to: WorkspacePackage, isTest: boolean): boolean {
  const direction = directions.find((candidate) => candidate.from.test(from.folder))
  if (direction === undefined) return false
  return direction.to.test(to.folder) || (isTest && direction.testsTo?.test(to.folder) === true)
}

/** A string that is a plugin's name, or begins as its tables' names do. */
function nameFaults(from: WorkspacePackage, file: SourceFile, { packages }: Workspace): string[] {
  if (!ignorantOfPlugins.test(from.folder) || isTestFile(file.path)) return []
  const plugins = packages.flatMap(({ folder }) => {
    // Of Steampipe, some tables and settings are the engine's own; the plugin of that name has none.
    const name = /^plugins\/(?!(?:sdk|steampipe)$)(.+)$/.exec(folder)?.[1]
    return name === undefined ? [] : [name]
  })
  return file.strings.flatMap(({ specifier, line }) => {
    const plugin = plugins.find((name) => specifier === name || specifier.startsWith(`${name}_`))
    if (plugin === undefined) return []
    return [`${from.folder}/${file.path}:${line}: ${from.folder} must not know the plugin ${plugin} by name`]
  })
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
