/** Files behind URLs: downloaded into a folder of the connection's own, and again only when they have changed. */
import { createWriteStream } from 'node:fs'
import { lstat, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import {
  ApiError,
  defaultMaxAnswerBytes,
  firstWords,
  type GuardedHttp,
  localFailure,
  type OpenReply,
  RefusedAddress,
  readRetryAfter,
} from '@millrace/plugin-sdk'
import { shownLocation } from './locations.js'
import { SourceFile } from './source-file.js'

interface Download {
  readonly path: string
  /** What the server calls this state of the file; without either, it cannot be asked whether it has changed. */
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

export class Downloads {
  readonly #http: GuardedHttp
  readonly #maxBytes: number
  readonly #known = new Map<string, Download>()
  #folder: Promise<string> | undefined
  #count = 0

  constructor(http: GuardedHttp, maxBytes = defaultMaxAnswerBytes) {
    this.#http = http
    this.#maxBytes = maxBytes
  }

  /**
   * Asks for a file, and opens what has come, or what came before if it is still the same.
   * @throws ApiError; the signal's reason
   */
  async open(url: string, signal: AbortSignal): Promise<SourceFile> {
    const before = this.#known.get(url)
    try {
      const reply = await this.#http.open(
        {
          url: new URL(url),
          method: 'GET',
          headers: { 'accept-encoding': 'identity', ...conditions(before) },
        },
        signal,
      )
      if (reply.status === 304 && before !== undefined) {
        reply.body.resume()
        return await this.#openKnown(url, signal)
      }
      if (reply.status !== 200) throw await refusal(url, reply)
      return await this.#save(url, reply, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw downloadError(url, error)
    }
  }

  /** The file that is still the same; if somebody has tidied it away, it is downloaded again. */
  async #openKnown(url: string, signal: AbortSignal): Promise<SourceFile> {
    const known = this.#known.get(url)
    try {
      if (known !== undefined) return await opened(url, known.path)
    } catch (error) {
      if (Object(error).code !== 'ENOENT') throw error
    }
    this.#known.delete(url)
    return this.open(url, signal)
  }

  async close(): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined)
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }

  async #save(url: string, { headers, body }: OpenReply, signal: AbortSignal): Promise<SourceFile> {
    if (this.#folder === undefined || !(await isOwnFolder(await this.#folder))) {
      this.#folder = mkdtemp(join(tmpdir(), 'millrace-file-'))
    }
    const path = join(await this.#folder, String(++this.#count))
    try {
      await pipeline(body, bounded(this.#maxBytes), createWriteStream(path, { mode: 0o600, flags: 'wx' }), {
        signal,
      })
      const file = await opened(url, path)
      const expected = Number([headers['content-length']].flat()[0] ?? file.size)
      if (headers['content-encoding'] === undefined && file.size !== expected) {
        await file.close()
        throw new ApiError(`${shownLocation(url)} is cut short`, {
          detail: `${file.size} of ${expected} bytes have come.`,
          retry: 'transient',
        })
      }
      const before = this.#known.get(url)
      this.#known.set(url, {
        path,
        etag: [headers.etag].flat()[0],
        lastModified: [headers['last-modified']].flat()[0],
      })
      // Whoever reads it has it open.
      if (before !== undefined) await rm(before.path, { force: true })
      return file
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
  }
}

/** Whether a folder is there, and nobody else's: temporary files are tidied away, and their names known. */
async function isOwnFolder(path: string): Promise<boolean> {
  try {
    const found = await lstat(path)
    return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())
  } catch {
    return false
  }
}

async function opened(url: string, path: string): Promise<SourceFile> {
  return SourceFile.of(shownLocation(url), await open(path))
}

function conditions(before: Download | undefined): Record<string, string> {
  if (before?.etag !== undefined) return { 'if-none-match': before.etag }
  return before?.lastModified === undefined ? {} : { 'if-modified-since': before.lastModified }
}

function bounded(maxBytes: number) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > maxBytes) {
        throw new ApiError(`the file is larger than ${maxBytes / 1024 ** 2} MB`, {
          detail: 'The rest of it was not read.',
          hint: 'Raise the setting max_answer_mb of the connection, or serve the file packed.',
        })
      }
      yield chunk
    }
  }
}

async function refusal(url: string, { status, headers, body }: OpenReply): Promise<ApiError> {
  let words = ''
  for await (const chunk of body) {
    words += String(chunk)
    if (words.length > 1000) break
  }
  return new ApiError(`${shownLocation(url)} could not be had`, {
    code: `HTTP ${status}`,
    detail: `HTTP ${status}: ${firstWords(withoutSecrets(words, url)) || 'no content'}`,
    hint: 'Check the URL in the settings of the connection.',
    retry: status === 429 ? 'throttled' : status >= 500 ? 'transient' : undefined,
    retryAfter: readRetryAfter(headers['retry-after'], Date.now()),
  })
}

/** Servers repeat what they were asked. */
function withoutSecrets(text: string, url: string): string {
  const { username, password, search, searchParams } = new URL(url)
  const secrets = [search, username, password, decodeURIComponent(password), ...searchParams.values()]
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text)
}

function downloadError(url: string, error: unknown): ApiError {
  if (ApiError.is(error)) return error
  if (error instanceof RefusedAddress) {
    return new ApiError(`${shownLocation(url)} is refused: ${error.message}`, {
      hint: 'Allow the network in the setting allow_private_addresses, if the server is to reach it.',
    })
  }
  const { code, message } = Object(error)
  return (
    localFailure(error) ??
    new ApiError(`${shownLocation(url)} could not be reached`, {
      sqlState: 'HV00N',
      detail: typeof code === 'string' ? code : withoutSecrets(String(message), url),
      hint: 'Check the URL in the settings of the connection, and the network.',
      retry: 'unanswered',
    })
  )
}
