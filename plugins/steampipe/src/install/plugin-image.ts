/** Where plugins of Steampipe are published, and what an image of one holds. */
import { maxSatisfying, validRange } from 'semver'
import { InstallError } from './install-error.js'
import type { PluginReference } from './plugin-reference.js'
import type { Layer, Manifest, Registry, Repository } from './registry.js'

/** The registry behind hub.steampipe.io. */
const hub = 'hub.steampipe.io/plugins'
const registryOfHub = 'ghcr.io/turbot/steampipe/plugins'

export function repositoryOf({ source, organization, name }: PluginReference): Repository {
  const [registry = '', ...path] = (source === hub ? registryOfHub : source).split('/')
  return { registry, path: [...path, organization, name].join('/') }
}

/** The tag that a constraint means: itself where it is one, or else the newest version that it allows. */
export async function tagFor({ constraint, name }: PluginReference, registry: Registry): Promise<string> {
  if (constraint === 'latest' || /^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(constraint)) return constraint
  const range = validRange(constraint.replaceAll(',', ' '))
  // Something like "rc" can only be a tag.
  if (range === null) return constraint
  const tags = await registry.tags()
  const tag = maxSatisfying(
    tags.filter((one) => /^\d+\.\d+\.\d+/.test(one)),
    range,
  )
  if (tag === null) throw new InstallError(`there is no version of ${name} that ${constraint} allows`)
  return tag
}

/** The parts of an image. One manifest serves all machines. */
export interface PluginLayers {
  /** The executable file, compressed by gzip. */
  readonly binary: Layer
  /** A folder with connections to begin with, as a tar compressed by gzip. */
  readonly configuration: Layer | undefined
}

const layerType = (kind: string) => `application/vnd.turbot.steampipe.plugin.${kind}.layer.v1`

/** By the names of Go. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export interface Machine {
  readonly platform: string
  readonly architecture: string
}

/** @throws {InstallError} where there is nothing for the machine */
export function layersOf({ layers }: Manifest, { platform, architecture }: Machine): PluginLayers {
  const names = [architectures[architecture] ?? architecture]
  // Macs with Apple's processors run what is made for Intel's.
  if (platform === 'darwin' && names[0] === 'arm64') names.push('amd64')
  const binary = names
    .map((name) => layers.find(({ mediaType }) => mediaType === `${layerType(`${platform}-${name}`)}+gzip`))
    .find((layer) => layer !== undefined)
  if (binary === undefined) {
    throw new InstallError(`the image has no plugin for ${platform} on ${names.join(' or ')}`)
  }
  return { binary, configuration: layers.find(({ mediaType }) => mediaType === `${layerType('spc')}+tar`) }
}
