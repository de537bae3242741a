/** How connections name plugins of Steampipe. */

export interface PluginReference {
  /** The registry and the folder in it, `hub.steampipe.io/plugins` for Steampipe's own. */
  readonly source: string
  readonly organization: string
  readonly name: string
  /** What versions are meant: `latest`, a version, or a constraint such as `^1.2`. It is part of the folder's name. */
  readonly constraint: string
}

const hub = 'hub.steampipe.io/plugins'

const part = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/
const host = /^[a-z0-9.-]+\.[a-z]+(?::\d+)?$|^localhost(?::\d+)?$/
const constraints = /^[\w.^~<>=!*, -]+$/

/**
 * Reads `net`, `net@^1.0`, `turbot/net@latest`, `hub.steampipe.io/plugins/turbot/net@latest`, or an image of another
 * registry; also `steampipe:net` and `steampipe/net`, which say that no plugin of Millrace is meant.
 * @returns undefined where the text is none of these
 */
export function parsePluginReference(text: string): PluginReference | undefined {
  const [path = '', constraint = 'latest', ...others] = text.replace(/^steampipe[:/]/, '').split('@')
  const parts = path.split('/')
  const [first = ''] = parts
  const registry = host.test(first) ? parts.shift() : undefined
  if (!parts.every((one) => part.test(one)) || !constraints.test(constraint) || others.length > 0)
    return undefined
  if (registry === undefined && parts.length > 2) return undefined
  if (registry !== undefined && parts.length < 2) return undefined
  const name = parts.pop()
  const organization = parts.pop() ?? 'turbot'
  const source = registry === undefined ? hub : [registry, ...parts].join('/')
  return name === undefined ? undefined : { source, organization, name, constraint }
}

/** As Steampipe writes it in full. */
export function fullName({ source, organization, name, constraint }: PluginReference): string {
  return `${source}/${organization}/${name}@${constraint}`
}
