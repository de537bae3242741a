/** Installs npm packages into the home. */
import { resolve } from 'node:path'
import { makeHome } from '@millrace/sql-engine/postgres/home'
import { agrees } from '../agrees.js'
import { type Installed, readManifest } from '../plugins/installed.js'
import { loadPlugin } from '../plugins/load-plugin.js'
import type { PluginPlaces } from '../plugins/steampipe-plugins.js'
import { UserError } from '../user-error.js'
import { runNpm } from './npm.js'
import { lookUpPackage, type NpmPackage, packageReport, readLock } from './npm-package.js'

export interface PackageOptions {
  readonly places: PluginPlaces
  /** Whether nobody is to be asked. */
  readonly yes: boolean
  readonly signal: AbortSignal
}

export interface PackageOutcome {
  readonly text: string
  /** Whether another version was there before. */
  readonly replaced: boolean
  readonly isUnchanged: boolean
}

/** A folder or a tarball. */
const path = /^(?:\.{0,2}\/|\.{1,2}$|file:)/

export function isPathOfPackage(spec: string): boolean {
  return path.test(spec) || /\.t(?:ar\.)?gz$/.test(spec)
}

/**
 * Shows what would be installed, asks, installs it without running any script, and loads it, to see that it is a plugin.
 * @throws UserError; a package that was not there before is not there then
 */
export async function installPackage(spec: string, options: PackageOptions): Promise<PackageOutcome> {
  const { places, signal, yes } = options
  const { home } = places
  await makeHome(home)
  const isPath = isPathOfPackage(spec)
  const from = isPath ? resolve(spec.replace(/^file:/, '')) : spec
  const found = await lookUpPackage(from, signal)
  const { name, version } = found
  const before = await readManifest(resolve(home, 'node_modules', name))
  const known = (await readLock(home))?.packages[`node_modules/${name}`]
  if (found.integrity !== undefined && known?.integrity === found.integrity && before !== undefined) {
    return { text: `${name} ${version} is installed already\n`, replaced: false, isUnchanged: true }
  }
  process.stderr.write(packageReport(found))
  if (
    !yes &&
    !(await agrees(`Install ${name} ${version}, which runs in Millrace's process?`, 'to install it', signal))
  ) {
    throw new UserError(`${name} has not been installed`, 1)
  }
  const exact = isPath ? from : `${name}@${version}`
  await runNpm('install', ['--install-links', '--save-exact', '--omit=dev', '--', exact], home, signal)
  try {
    await checkIntegrity(found, home)
    await loadPlugin(name, places)
  } catch (error) {
    if (before !== undefined) throw error
    await runNpm('uninstall', ['--', name], home, signal)
    const said = error instanceof Error ? error.message : String(error)
    throw new UserError(`${name} has been removed again: ${said}`, 1, error)
  }
  const was = before === undefined ? '' : `, in place of ${before.version ?? 'another version'}`
  return {
    text: `installed ${name} ${version}${was}; connections name it by plugin = "${name}"\n`,
    replaced: before !== undefined,
    isUnchanged: false,
  }
}

/** npm checks what comes against what the registry says; this, that the registry says what it said when we asked. */
async function checkIntegrity({ name, integrity }: NpmPackage, home: string): Promise<void> {
  const installed = (await readLock(home))?.packages[`node_modules/${name}`]
  if (integrity !== undefined && installed?.integrity !== integrity) {
    throw new UserError(`what npm has installed as ${name} is not what the registry has shown before`, 1)
  }
}

export async function uninstallPackage(name: string, home: string, signal: AbortSignal): Promise<void> {
  await runNpm('uninstall', ['--', name], home, signal)
}

/** What to install for the newest version of an installed package. */
export function newestOf({ name, source }: Extract<Installed, { kind: 'package' }>, home: string): string {
  if (!source.startsWith('file:')) return `${name}@latest`
  const file = source.slice('file:'.length)
  return resolve(home, file)
}
