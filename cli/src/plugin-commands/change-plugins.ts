/** `millrace plugin install`, `update` and `uninstall`. */
import { join } from 'node:path'
import { InstallError } from '@millrace/plugin-steampipe/install/install-error'
import { installPlugin, uninstallPlugin } from '@millrace/plugin-steampipe/install/install-plugin'
import {
  type PluginReference,
  parsePluginReference,
} from '@millrace/plugin-steampipe/install/plugin-reference'
import { dockerCredentials } from '@millrace/plugin-steampipe/install/registry-credentials'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { configurationFolder } from '../config/documents.js'
import { readSettings } from '../config/settings.js'
import { listenForInterruption } from '../interruption.js'
import { builtIn } from '../plugins/built-in-plugins.js'
import { allInstalled, type Installed, theInstalled } from '../plugins/installed.js'
import type { PluginPlaces } from '../plugins/steampipe-plugins.js'
import { type ExitCode, UserError } from '../user-error.js'
import { announceToService } from './announce.js'
import { installPackage, isPathOfPackage, newestOf, uninstallPackage } from './install-package.js'
import { keyOf, pluginUses } from './plugin-uses.js'
import { progressBar } from './progress-bar.js'

interface Changing {
  readonly places: PluginPlaces
  readonly signal: AbortSignal
  /** Whether nobody is to be asked. */
  readonly yes: boolean
}

/** What one step has done. */
interface Change {
  readonly text: string
  /** Whether a service that runs has something to take up. */
  readonly kind: 'none' | 'found anew' | 'found at the next start'
}

/** @throws UserError at the first that cannot be installed; those before it are */
export function installPlugins(names: readonly string[], yes: boolean): Promise<0 | ExitCode> {
  const asked = names.map(kindOfName)
  return change(yes, asked, (one, changing) =>
    one.kind === 'package'
      ? packageChange(one.spec, changing)
      : one.kind === 'none'
        ? one
        : imageChange(one.reference, changing),
  )
}

/**
 * @param names none for all that Millrace has installed
 * @throws UserError at the first that cannot be updated; those before it are
 */
export async function updatePlugins(names: readonly string[], yes: boolean): Promise<0 | ExitCode> {
  const all = await allInstalled(placesOfHome())
  const chosen =
    names.length > 0
      ? names.map((name) => ofHome(name, all, 'updated'))
      : all.filter((one) => one.kind === 'package' || (one.kind === 'steampipe' && one.ours))
  if (chosen.length === 0)
    process.stdout.write('no plugin is installed in the home: there is nothing to update\n')
  return change(yes, chosen, (one, changing) => {
    if (one.kind === 'package') return packageChange(newestOf(one, changing.places.home), changing)
    return one.kind === 'steampipe' && one.reference !== undefined
      ? imageChange(one.reference, changing)
      : { text: `${one.name} has no registry to come from\n`, kind: 'none' }
  })
}

/** @throws UserError where connections use one of them, unless that is to be so */
export async function uninstallPlugins(names: readonly string[], force: boolean): Promise<0 | ExitCode> {
  const places = placesOfHome()
  const all = await allInstalled(places)
  const chosen = names.map((name) => ofHome(name, all, 'uninstalled'))
  if (!force) await refuseUsed(chosen, places)
  return change(true, chosen, async (one, { signal }) => {
    if (one.kind === 'package') await uninstallPackage(one.name, places.home, signal)
    else if (one.kind === 'steampipe' && one.reference !== undefined) {
      await uninstallPlugin(one.reference, steampipeRoot(places.home))
    }
    return { text: `uninstalled ${one.name}\n`, kind: 'found anew' }
  })
}

const placesOfHome = (): PluginPlaces => ({ home: defaultHome(process.env), environment: process.env })

const steampipeRoot = (home: string) => join(home, 'steampipe')

/** Does one after the other, and tells the service that runs of it. */
async function change<One>(
  yes: boolean,
  all: readonly One[],
  step: (one: One, changing: Changing) => Change | Promise<Change>,
): Promise<0 | ExitCode> {
  const { signal, release } = listenForInterruption()
  const places = placesOfHome()
  const done = new Set<Change['kind']>()
  const tell = async () => {
    if (done.has('found anew')) process.stdout.write(await announceToService(places.home))
    if (done.has('found at the next start')) {
      process.stdout.write(
        'A service that runs goes on with the version that it has loaded, until it is restarted.\n',
      )
    }
  }
  try {
    for (const one of all) {
      const { text, kind } = await step(one, { places, signal, yes })
      done.add(kind)
      process.stdout.write(text)
    }
    await tell()
    return 0
  } catch (error) {
    await tell()
    if (signal.aborted) return 130
    if (error instanceof InstallError) throw new UserError(error.message, 1, error)
    throw error
  } finally {
    release()
  }
}

type Asked =
  | { readonly kind: 'package'; readonly spec: string }
  | { readonly kind: 'image'; readonly reference: PluginReference }
  | { readonly kind: 'none'; readonly text: string }

/** A name of npm's, without its version: with a scope, or without a slash. */
const packageSpec = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:@[\w.^~<>=*|+ -]+)?$/

/** @throws UserError for what is no name at all */
function kindOfName(name: string): Asked {
  if (builtIn.has(name)) {
    const text = `${name} is built in: there is nothing to install. Steampipe's own is steampipe/${name}\n`
    return { kind: 'none', text }
  }
  if (isPathOfPackage(name)) return { kind: 'package', spec: name }
  if (packageSpec.test(name)) return { kind: 'package', spec: name }
  const reference = parsePluginReference(name)
  if (reference !== undefined && reference.organization !== 'local') return { kind: 'image', reference }
  const said = `"${name}" is neither a plugin of Steampipe (steampipe/net, steampipe/net@^1) nor an npm package`
  throw new UserError(said, 2)
}

async function packageChange(spec: string, { places, signal, yes }: Changing): Promise<Change> {
  const { text, replaced, isUnchanged } = await installPackage(spec, { places, signal, yes })
  return { text, kind: isUnchanged ? 'none' : replaced ? 'found at the next start' : 'found anew' }
}

async function imageChange(reference: PluginReference, { places, signal }: Changing): Promise<Change> {
  const bar = progressBar(reference.name, process.stderr)
  try {
    const { name, version, path, configuration, isUnchanged } = await installPlugin(reference, {
      root: steampipeRoot(places.home),
      configFolder: join(places.home, configurationFolder),
      machine: { platform: process.platform, architecture: process.arch },
      credentials: dockerCredentials(process.env),
      signal,
      onProgress: (received, size) => bar.update(received, size),
    })
    bar.clear()
    if (isUnchanged) return { text: `${name} ${version} is installed already\n`, kind: 'none' }
    const connections = configuration === undefined ? '' : `  connections to begin with: ${configuration}\n`
    return { text: `installed ${name} ${version}\n  ${path}\n${connections}`, kind: 'found anew' }
  } finally {
    bar.clear()
  }
}

/** @throws UserError for one that is not Millrace's to change */
function ofHome(name: string, all: readonly Installed[], what: string): Installed {
  const found = theInstalled(name, all)
  if (found.kind === 'built-in') throw new UserError(`${name} is built in: it cannot be ${what}`, 2)
  if (found.kind === 'steampipe' && (!found.ours || found.reference === undefined)) {
    throw new UserError(`${found.name} is not Millrace's: it is in ${found.path}`, 2)
  }
  return found
}

async function refuseUsed(chosen: readonly Installed[], places: PluginPlaces): Promise<void> {
  const uses = await pluginUses(await readSettings(process.env), places)
  for (const one of chosen) {
    const users = uses
      .filter(({ key }) => key === keyOf(one))
      .map(({ connection, place }) => (place === undefined ? connection : `${connection} (${place})`))
    if (users.length > 0) {
      const said = `${one.name} is used by ${users.join(', ')}: take the connections out first, or say --force`
      throw new UserError(said, 1)
    }
  }
}
