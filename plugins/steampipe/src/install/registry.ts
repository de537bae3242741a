/**
 * A registry of images, by the OCI distribution protocol: https://github.com/opencontainers/distribution-spec, and the
 * tokens of https://distribution.github.io/distribution/spec/auth/token/.
 */
import { z } from 'zod'
import { InstallError } from './install-error.js'
import type { RegistryCredentials } from './registry-credentials.js'

export interface Repository {
  /** Host, and port if any. */
  readonly registry: string
  /** The path in it, such as `turbot/steampipe/plugins/turbot/net`. */
  readonly path: string
}

const layerSchema = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is no SHA-256 digest'),
  size: z.number().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
})

const manifestSchema = z.object({ config: layerSchema, layers: z.array(layerSchema) })

export type Layer = z.infer<typeof layerSchema>
export type Manifest = z.infer<typeof manifestSchema>

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
/** Of a manifest or a list of tags, in bytes; they have some kilobytes. */
const longestDocument = 4 << 20
/** A registry answers with parts of the list. */
const mostPages = 100

export class Registry {
  readonly #repository: Repository
  readonly #credentials: RegistryCredentials
  readonly #signal: AbortSignal
  #authorization: string | undefined

  constructor(repository: Repository, credentials: RegistryCredentials, signal: AbortSignal) {
    this.#repository = repository
    this.#credentials = credentials
    this.#signal = signal
  }

  /** @returns the manifest with the digest of its text */
  async manifest(tag: string): Promise<{ readonly manifest: Manifest; readonly digest: string | undefined }> {
    const response = await this.#get(`manifests/${tag}`, manifestType)
    const parsed = manifestSchema.safeParse(await this.#json(response))
    if (!parsed.success)
      throw new InstallError(`${this.#name}:${tag} is no plugin: ${z.prettifyError(parsed.error)}`)
    return { manifest: parsed.data, digest: response.headers.get('docker-content-digest') ?? undefined }
  }

  /** All tags of the repository. */
  async tags(): Promise<readonly string[]> {
    const tags: string[] = []
    let path: string | undefined = 'tags/list?n=1000'
    for (let page = 0; path !== undefined; page++) {
      if (page === mostPages) throw new InstallError(`${this.#name} has too many tags`)
      const response: Response = await this.#get(path, 'application/json')
      const { tags: more } = z
        .object({ tags: z.array(z.string()).nullish() })
        .parse(await this.#json(response))
      tags.push(...(more ?? []))
      const [, next] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get('link') ?? '') ?? []
      path = next?.split(`/v2/${this.#repository.path}/`).at(-1)
    }
    return tags
  }

  /** The bytes of a layer, as they come: not checked. */
  async blob(digest: string): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#get(`blobs/${digest}`, '*/*')
    if (body === null) throw new InstallError(`${this.#name} has sent nothing for ${digest}`)
    return body
  }

  get #name(): string {
    return `${this.#repository.registry}/${this.#repository.path}`
  }

  async #get(path: string, accept: string): Promise<Response> {
    let response = await this.#fetch(path, accept)
    if (response.status === 401) {
      await response.body?.cancel()
      this.#authorization = await this.#authorize(response.headers.get('www-authenticate') ?? '')
      response = await this.#fetch(path, accept)
    }
    if (response.ok) return response
    await response.body?.cancel()
    const what =
      response.status === 404 ? 'there is none' : `the registry answers with status ${response.status}`
    throw new InstallError(`${this.#name}, ${path.replace(/\?.*/, '')}: ${what}`)
  }

  async #fetch(path: string, accept: string): Promise<Response> {
    const { registry, path: repository } = this.#repository
    // As Docker has it: a registry of this machine needs no TLS.
    const scheme = /^(?:localhost|127\.0\.0\.1)(?::|$)/.test(registry) ? 'http' : 'https'
    const headers: Record<string, string> = { accept }
    if (this.#authorization !== undefined) headers.authorization = this.#authorization
    return this.#request(`${scheme}://${registry}/v2/${repository}/${path}`, headers)
  }

  async #request(url: string, headers: Record<string, string>): Promise<Response> {
    try {
      return await fetch(url, { headers, signal: this.#signal })
    } catch (error) {
      this.#signal.throwIfAborted()
      const { cause } = Object(error)
      const said = cause instanceof Error ? cause.message : String(error)
      throw new InstallError(`${new URL(url).host} cannot be reached: ${said}`, { cause: error })
    }
  }

  /** @param challenge what the registry wants: `Bearer realm="…",service="…",scope="…"`, or `Basic …` */
  async #authorize(challenge: string): Promise<string> {
    const { registry } = this.#repository
    const credentials = await this.#credentials(registry)
    const basic = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
    if (/^basic\b/i.test(challenge)) {
      if (basic !== undefined) return basic
      throw new InstallError(
        `${registry} wants credentials, and Docker has none for it: docker login ${registry}`,
      )
    }
    const values = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    )
    const realm = values.get('realm')
    if (realm === undefined) throw new InstallError(`${registry} does not say how to get access to it`)
    const url = new URL(realm)
    for (const name of ['service', 'scope']) {
      const value = values.get(name)
      if (value !== undefined) url.searchParams.set(name, value)
    }
    const response = await this.#request(url.href, basic === undefined ? {} : { authorization: basic })
    if (!response.ok) {
      await response.body?.cancel()
      throw new InstallError(
        `${registry} refuses access to ${this.#repository.path} (status ${response.status})`,
      )
    }
    const { token, access_token } = z
      .object({ token: z.string().optional(), access_token: z.string().optional() })
      .parse(await this.#json(response))
    return `Bearer ${token ?? access_token}`
  }

  async #json(response: Response): Promise<unknown> {
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response.body ?? []) {
      length += chunk.length
      if (length > longestDocument) throw new InstallError(`${this.#name} has sent too long a document`)
      chunks.push(chunk)
    }
    try {
      return JSON.parse(Buffer.concat(chunks).toString('utf8'))
    } catch (error) {
      throw new InstallError(`${this.#name} has sent no JSON`, { cause: error })
    }
  }
}
