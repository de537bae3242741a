/** What an npm package is, before it is installed. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { readable } from '../output/column.js'
import { UserError } from '../user-error.js'
import { runNpm } from './npm.js'

export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** Where it comes from, an URL. */
  readonly resolved: string
  /** Of its tarball; undefined for a folder. */
  readonly integrity: string | undefined
  readonly hasInstallScript: boolean
  /** How many packages come with it, and which of them have scripts. */
  readonly others: number
  readonly othersWithScripts: readonly string[]
  readonly published: Published | undefined
}

/** What its registry says of it. */
export interface Published {
  readonly description: string | undefined
  readonly publisher: string | undefined
  /** Whether the registry has a statement of where and from what it was built. */
  readonly hasProvenance: boolean
}

const lockShape = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
})

export type Lock = z.infer<typeof lockShape>

/** @returns undefined where there is none, or none that can be read */
export async function readLock(folder: string): Promise<Lock | undefined> {
  try {
    return lockShape.parse(JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')))
  } catch {
    return undefined
  }
}

/**
 * Has npm work out what it would install, in a folder of its own: nothing of the package is unpacked or run.
 * @param spec a name, with or without a version or tag; or the absolute path of a folder or tarball
 * @throws UserError with npm's words
 */
export async function lookUpPackage(spec: string, signal: AbortSignal): Promise<NpmPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-npm-'))
  try {
    await runNpm('install', ['--package-lock-only', '--install-links', '--', spec], folder, signal)
    const lock = await readLock(folder)
    const [name] = Object.keys(lock?.packages['']?.dependencies ?? {})
    const found = name === undefined ? undefined : lock?.packages[`node_modules/${name}`]
    if (lock === undefined || name === undefined || found?.version === undefined) {
      throw new UserError(`npm does not say what ${spec} is`, 1)
    }
    const { version, resolved = spec, integrity, hasInstallScript = false } = found
    const others = Object.entries(lock.packages).filter(
      ([path]) => path !== '' && path !== `node_modules/${name}`,
    )
    return {
      name,
      version,
      resolved,
      integrity,
      hasInstallScript,
      others: others.length,
      othersWithScripts: others.flatMap(([path, one]) =>
        one.hasInstallScript === true ? [path.replace(/^.*node_modules\//, '')] : [],
      ),
      published: /^https?:/.test(resolved) ? await published(name, version, folder, signal) : undefined,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const person = z.union([z.string(), z.object({ name: z.string().optional(), email: z.string().optional() })])

const viewShape = z.object({
  description: z.string().optional(),
  _npmUser: person.optional(),
  maintainers: z.array(person).optional(),
  'dist.attestations': z.object({ provenance: z.unknown() }).partial().optional(),
})

/** @returns undefined where the registry says nothing that can be read */
async function published(
  name: string,
  version: string,
  folder: string,
  signal: AbortSignal,
): Promise<Published | undefined> {
  const fields = Object.keys(viewShape.shape)
  const text = await runNpm('view', ['--json', `${name}@${version}`, 'name', ...fields], folder, signal)
  let view: z.infer<typeof viewShape>
  try {
    const said: unknown = JSON.parse(text)
    view = viewShape.parse(Array.isArray(said) ? said[0] : said)
  } catch {
    return undefined
  }
  const { description, _npmUser: user, maintainers = [], 'dist.attestations': attestations } = view
  const people = user === undefined ? maintainers : [user]
  return {
    description,
    publisher: people.map(nameOf).join(', ') || undefined,
    hasProvenance: attestations?.provenance !== undefined,
  }
}

function nameOf(one: z.infer<typeof person>): string {
  if (typeof one === 'string') return one
  const { name = '', email } = one
  return email === undefined ? name : `${name} <${email}>`
}

/** What somebody should know before it is installed, in lines. */
export function packageReport(found: NpmPackage): string {
  const { name, version, resolved, integrity, hasInstallScript, others, othersWithScripts, published } = found
  const scripted = [...(hasInstallScript ? [name] : []), ...othersWithScripts]
  const unknown = 'unknown: it comes from no registry'
  const facts: Readonly<Record<string, string>> = {
    description: published?.description ?? '',
    from: resolved,
    publisher: published === undefined ? unknown : (published.publisher ?? 'the registry does not say'),
    provenance:
      published === undefined
        ? unknown
        : published.hasProvenance
          ? 'the registry has a signed statement of what it was built from'
          : 'none: nothing says what it was built from',
    integrity: integrity ?? 'none: a folder',
    'install scripts': scripted.length === 0 ? 'none' : `of ${scripted.join(', ')}; they are not run`,
    'with it': others === 0 ? 'no other package' : `${others} other ${others === 1 ? 'package' : 'packages'}`,
  }
  const lines = Object.entries(facts)
    .filter(([, value]) => value !== '')
    .map(([fact, value]) => `  ${fact.padEnd(15)}  ${readable(value)}\n`)
  return `${readable(name)} ${readable(version)}\n${lines.join('')}`
}
