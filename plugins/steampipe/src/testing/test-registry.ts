/** A small registry of images on this machine, which may misbehave. */
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

export interface TestImage {
  readonly version: string
  readonly binary: Buffer
  /** What the manifest and the parts of the image are to be like instead. */
  readonly fault?:
    | 'another digest'
    | 'no gzip'
    | 'cut off'
    | 'too long'
    | 'for another machine'
    | 'no manifest'
    | undefined
  /** Entries of the layer of configuration, beside `config/acme.spc`. */
  readonly entries?: readonly {
    readonly name: string
    readonly linkname?: string
  }[]
}

export interface TestRegistry {
  /** As a reference names it. */
  readonly host: string
  /** Paths that were asked for. */
  readonly requests: string[]
  /** By tag. */
  readonly images: Map<string, TestImage>
  /** What it wants to be shown before it answers; nothing at first. */
  access: { readonly kind: 'anyone' } | { readonly kind: 'basic' | 'token'; readonly credentials: string }
  stop(): Promise<void>
}

/** The machine that its images are for. */
export const testMachine = { platform: 'linux', architecture: 'x64' }

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export async function startTestRegistry(): Promise<TestRegistry> {
  const requests: string[] = []
  const images = new Map<string, TestImage>()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${registry.host}`)
    requests.push(url.pathname)
    const { authorization = '' } = request.headers
    if (url.pathname === '/token') {
      const { access } = registry
      const isKnown = access.kind === 'token' && authorization === basic(access.credentials)
      response.statusCode = isKnown ? 200 : 403
      response.end(JSON.stringify({ token: 'a-token' }))
      return
    }
    if (!mayAsk(authorization)) {
      const realm = `http://${registry.host}/token`
      response.setHeader(
        'www-authenticate',
        registry.access.kind === 'basic'
          ? 'Basic realm="test"'
          : `Bearer realm="${realm}",service="test",scope="pull"`,
      )
      response.statusCode = 401
      response.end()
      return
    }
    answer(url, response).catch((error: unknown) => response.destroy(error as Error))
  })

  function mayAsk(authorization: string): boolean {
    const { access } = registry
    if (access.kind === 'anyone') return true
    return authorization === (access.kind === 'basic' ? basic(access.credentials) : 'Bearer a-token')
  }

  async function answer({ pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
    const [, path = ''] = /^\/v2\/acme\/acme\/(.*)$/.exec(pathname) ?? []
    if (path === 'tags/list') {
      // Two to a page, whatever is asked for.
      const tags = [...images.keys()]
      const start = Number(searchParams.get('last') ?? 0)
      if (start + 2 < tags.length) {
        response.setHeader('link', `</v2/acme/acme/tags/list?n=1000&last=${start + 2}>; rel="next"`)
      }
      response.end(JSON.stringify({ name: 'acme/acme', tags: tags.slice(start, start + 2) }))
      return
    }
    for (const [tag, image] of images) {
      const { manifest, blobs } = await partsOf(image)
      if (path === `manifests/${tag}`) {
        response.setHeader('docker-content-digest', digestOf(manifest))
        response.end(image.fault === 'no manifest' ? '{"layers": 1}' : manifest)
        return
      }
      const blob = blobs.get(path.replace('blobs/', ''))
      if (blob === undefined) continue
      const isBinary = blob.isBinary
      if (isBinary && image.fault === 'cut off') {
        response.setHeader('content-length', blob.bytes.length)
        response.write(blob.bytes.subarray(0, 10), () => response.destroy())
      } else
        response.end(
          isBinary && image.fault === 'too long'
            ? Buffer.concat([blob.bytes, Buffer.alloc(100)])
            : blob.bytes,
        )
      return
    }
    response.statusCode = 404
    response.end()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const registry: TestRegistry = {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    requests,
    images,
    access: { kind: 'anyone' },
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return registry
}

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

async function partsOf({ version, binary, fault, entries = [] }: TestImage) {
  const config = Buffer.from(
    JSON.stringify({ schemaVersion: '2020-11-18', plugin: { name: 'acme', version } }),
  )
  const compressed = fault === 'no gzip' ? binary : gzipSync(binary)
  // The same bytes each time.
  const mtime = new Date(0)
  const archive = pack()
  for (const { name, linkname } of entries) {
    if (linkname === undefined) archive.entry({ name, mtime }, 'bad')
    else archive.entry({ name, type: 'symlink', linkname, mtime })
  }
  archive.entry({ name: 'config/acme.spc', mtime }, 'connection "acme" {\n  plugin = "acme"\n}\n')
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  const configuration = gzipSync(Buffer.concat(chunks))
  const machine = fault === 'for another machine' ? 'darwin-arm64' : 'linux-amd64'
  const type = (kind: string) => `application/vnd.turbot.steampipe.plugin.${kind}.layer.v1`
  const layer = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  })
  const binaryLayer = layer(`${type(machine)}+gzip`, compressed)
  const wrong = `sha256:${'0'.repeat(64)}`
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: layer('application/vnd.turbot.steampipe.config.v1+json', config),
      layers: [
        layer('application/vnd.acme.unknown', Buffer.from('unknown')),
        { ...binaryLayer, digest: fault === 'another digest' ? wrong : binaryLayer.digest },
        layer(`${type('spc')}+tar`, configuration),
      ],
    }),
  )
  const blobs = new Map<string, { readonly bytes: Buffer; readonly isBinary: boolean }>(
    [config, configuration].map((bytes) => [digestOf(bytes), { bytes, isBinary: false }]),
  )
  blobs.set(fault === 'another digest' ? wrong : digestOf(compressed), { bytes: compressed, isBinary: true })
  return { manifest, blobs }
}
