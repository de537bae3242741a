/** Installs plugins of Steampipe, in folders laid out as Steampipe's own. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { z } from 'zod'
import { InstallError } from './install-error.js'
import { layersOf, type Machine, repositoryOf, tagFor } from './plugin-image.js'
import { fullName, type PluginReference } from './plugin-reference.js'
import { type Layer, Registry } from './registry.js'
import type { RegistryCredentials } from './registry-credentials.js'

export interface InstallOptions {
  /** The folder that holds `plugins/`. */
  readonly root: string
  /** Where connections to begin with go, unless there is a file of the name. */
  readonly configFolder: string
  readonly machine: Machine
  readonly credentials: RegistryCredentials
  readonly signal: AbortSignal
  /** Called while the plugin comes. */
  readonly onProgress?: (received: number, size: number) => void
}

export interface Installed {
  readonly name: string
  readonly version: string
  readonly path: string
  /** The file of connections that was written, if one was. */
  readonly configuration: string | undefined
  /** Whether the same image was there before: then nothing has changed. */
  readonly isUnchanged: boolean
}

/** The largest plugin, unpacked, in bytes; AWS's has 483 MB. */
const largestPlugin = 2 ** 31
const largestConfiguration = 1 << 20

const versionSchema = z.object({ version: z.string(), image_digest: z.string(), binary_digest: z.string() })

/**
 * Fetches a plugin for this machine, checks what has come, and puts it in its place at once.
 * @throws {InstallError}; nothing has changed then
 */
export async function installPlugin(reference: PluginReference, options: InstallOptions): Promise<Installed> {
  const { root, machine, credentials, signal } = options
  const name = fullName(reference)
  const registry = new Registry(repositoryOf(reference), credentials, signal)
  const tag = await tagFor(reference, registry)
  const { manifest, digest = manifestDigest(manifest) } = await registry.manifest(tag)
  const { binary, configuration } = layersOf(manifest, machine)
  const folder = join(root, 'plugins', name)
  const path = join(folder, `steampipe-plugin-${reference.name}.plugin`)
  const before = await readVersion(folder)
  if (before?.image_digest === digest && (await exists(path))) {
    return { name, version: before.version, path, configuration: undefined, isUnchanged: true }
  }
  const version = await versionOf(registry, manifest.config, tag)
  await mkdir(dirname(folder), { recursive: true })
  const fresh = await mkdtemp(join(root, 'plugins', '.installing-'))
  try {
    const file = join(fresh, `steampipe-plugin-${reference.name}.plugin`)
    await fetchBinary(registry, binary, file, options)
    await chmod(file, 0o755)
    await writeFile(
      join(fresh, 'version.json'),
      versionFile(reference, version, digest, binary.digest, machine),
    )
    await chmod(fresh, 0o755)
    const written = configuration && (await writeConfiguration(registry, configuration, reference, options))
    // A running process keeps the file that it was started from.
    const old = `${fresh}.old`
    if (await exists(folder)) await rename(folder, old)
    await rename(fresh, folder)
    await rm(old, { recursive: true, force: true })
    return { name, version, path, configuration: written, isUnchanged: false }
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

/** @returns false where it is not installed */
export async function uninstallPlugin(reference: PluginReference, root: string): Promise<boolean> {
  const folder = join(root, 'plugins', fullName(reference))
  if (!(await exists(folder))) return false
  await rm(folder, { recursive: true })
  return true
}

/** The version of an installed plugin, as far as it is known. */
export async function installedVersion(path: string): Promise<string | undefined> {
  return (await readVersion(dirname(path)))?.version
}

async function readVersion(folder: string) {
  const text = await readFile(join(folder, 'version.json'), 'utf8').catch(() => undefined)
  try {
    return text === undefined ? undefined : versionSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function manifestDigest(manifest: unknown): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(manifest)).digest('hex')}`
}

/** As Steampipe writes it. */
function versionFile(
  reference: PluginReference,
  version: string,
  imageDigest: string,
  binaryDigest: string,
  { architecture }: Machine,
): string {
  const entry = {
    name: fullName(reference),
    version,
    image_digest: imageDigest,
    binary_digest: binaryDigest,
    binary_arch: architecture,
    installed_from: fullName(reference),
    install_date: new Date().toISOString(),
    struct_version: 20230502,
  }
  return `${JSON.stringify(entry, undefined, 2)}\n`
}

const configSchema = z.object({ plugin: z.object({ version: z.string() }) })

/** What the image says of its version; the tag where it says nothing. */
async function versionOf(registry: Registry, config: Layer, tag: string): Promise<string> {
  const chunks: Buffer[] = []
  const source = verified(await registry.blob(config.digest), config)
  for await (const chunk of source) chunks.push(chunk as Buffer)
  try {
    return configSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))).plugin.version
  } catch {
    return tag
  }
}

async function fetchBinary(
  registry: Registry,
  layer: Layer,
  file: string,
  { onProgress = () => {}, signal }: InstallOptions,
): Promise<void> {
  const source = verified(await registry.blob(layer.digest), layer, onProgress)
  await told(
    layer,
    pipeline(source, createGunzip(), atMost(largestPlugin), createWriteStream(file), { signal }),
  )
}

/** Of the folder, only files of connections are taken, by the last part of their names. */
async function writeConfiguration(
  registry: Registry,
  layer: Layer,
  { name }: PluginReference,
  { configFolder, signal }: InstallOptions,
): Promise<string | undefined> {
  const target = join(configFolder, `${name}.spc`)
  if (await exists(target)) return undefined
  const archive = extract()
  let found: string | undefined
  archive.on('entry', (header, stream, next) => {
    const isWanted = header.type === 'file' && posix.basename(header.name) === `${name}.spc`
    if (!isWanted || (header.size ?? 0) > largestConfiguration) {
      stream.resume().once('end', next)
      return
    }
    const chunks: Buffer[] = []
    stream.on('data', (chunk) => chunks.push(chunk as Buffer))
    stream.once('end', () => {
      found = Buffer.concat(chunks).toString('utf8')
      next()
    })
  })
  const source = verified(await registry.blob(layer.digest), layer)
  await told(layer, pipeline(source, createGunzip(), atMost(largestConfiguration * 10), archive, { signal }))
  if (found === undefined) return undefined
  await mkdir(configFolder, { recursive: true })
  // Connections may come to hold secrets.
  await writeFile(target, found, { mode: 0o600, flag: 'wx' })
  return target
}

/** Bytes of a layer; an error at their end where they are not those that the manifest names. */
function verified(
  body: ReadableStream<Uint8Array>,
  { digest, size }: Layer,
  onProgress: (received: number, size: number) => void = () => {},
): Readable {
  const hash = createHash('sha256')
  let received = 0
  const check = new Transform({
    transform(chunk: Buffer, _, done) {
      received += chunk.length
      if (received > size) return done(new InstallError(`more has come than the ${size} bytes of ${digest}`))
      hash.update(chunk)
      onProgress(received, size)
      done(null, chunk)
    },
    flush(done) {
      const isWhole = received === size
      if (!isWhole) return done(new InstallError(`${received} of ${size} bytes of ${digest} have come`))
      const isSame = `sha256:${hash.digest('hex')}` === digest
      done(isSame ? null : new InstallError(`what has come is not ${digest}: it was changed on its way`))
    },
  })
  const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
  source.once('error', (error) => check.destroy(error))
  return source.pipe(check)
}

function atMost(bytes: number): Transform {
  let passed = 0
  return new Transform({
    transform(chunk: Buffer, _, done) {
      passed += chunk.length
      done(passed > bytes ? new InstallError(`unpacked, it has more than ${bytes} bytes`) : null, chunk)
    },
  })
}

/** Says of which part an error is. */
async function told(layer: Layer, running: Promise<void>): Promise<void> {
  try {
    await running
  } catch (error) {
    if (error instanceof InstallError || Object(error).name === 'AbortError') throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new InstallError(`${layer.digest} cannot be read: ${said}`, { cause: error })
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
