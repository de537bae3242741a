/**
 * Records what plugins' clients ({@link HttpClient}) are answered, and replays it without a network.
 *
 * (undici's SnapshotAgent is no help: it keeps bodies in base64, leaves secrets in URLs and bodies, and is experimental.)
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiError } from '../api-error.js'
import type { Secrets } from '../http/secrets.js'
import { setTap, type TappedAnswer, type TappedRequest } from '../http/tap.js'
import { answerOf, hideNamedSecrets, type Recorded, readRecording, recordedOf } from './recording.js'

export interface RecordedHttpOptions {
  /** Records anew instead of replaying; default is whether the environment has `MILLRACE_RECORD`. */
  readonly record?: boolean
  /** Texts that must not be in the file, besides the secrets that clients know and those that are known by their names. */
  readonly secrets?: readonly string[]
}

export interface RecordedHttp {
  /** The requests so far, such as `GET https://api.acme.test/users/u1`. */
  readonly requests: readonly string[]
  /**
   * Ends it; where it records, writes the file.
   * @throws Error where something was asked that is not recorded: a plugin may have gone on without the answer
   */
  end(): Promise<void>
}

/**
 * All clients of the process are answered from a file, until it ends. A request that is not in it fails, with an error that
 * names it. Requests that are equal get their answers in the order in which they came, and the last one again and again.
 *
 * With `MILLRACE_RECORD=1` in the environment the API itself is asked, and the file written. Headers of requests, cookies and
 * secret parameters never get into it, and the values of secrets are replaced wherever they appear.
 *
 * @example
 * const http = await recordedHttp(new URL('recordings/users.json', import.meta.url))
 * try {
 *   expect(await collectRows(acmeUser, { connection })).toEqual([…])
 * } finally {
 *   await http.end()
 * }
 * @throws Error where there is no such file, or it is no recording
 */
export async function recordedHttp(
  file: string | URL,
  { record = Boolean(process.env.MILLRACE_RECORD), secrets = [] }: RecordedHttpOptions = {},
): Promise<RecordedHttp> {
  const path = typeof file === 'string' ? file : fileURLToPath(file)
  return record ? recorder(path, secrets) : player(path, secrets)
}

function recorder(path: string, further: readonly string[]): RecordedHttp {
  const exchanges: Recorded[] = []
  const requests: string[] = []
  const end = setTap(async (request, send, secrets) => {
    const hide = hiding(secrets, further)
    requests.push(keyOf(request, hide))
    const answer = await send()
    exchanges.push(recordedOf(masked(request, hide), answer, hide))
    return answer
  })
  return {
    requests,
    end: async () => {
      end()
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, `${JSON.stringify({ recorded: exchanges }, undefined, 2)}\n`)
    },
  }
}

async function player(path: string, further: readonly string[]): Promise<RecordedHttp> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`there is no recording ${path}: ${howToRecord}`)
  })
  const answers = new Map<string, TappedAnswer[]>()
  for (const { request, answer } of readRecording(path, text)) {
    const key = keyOf(request, (part) => part)
    answers.set(key, [...(answers.get(key) ?? []), answerOf(answer)])
  }
  const requests: string[] = []
  const missing: string[] = []
  const end = setTap(async (request, _, secrets) => {
    const key = keyOf(request, hiding(secrets, further))
    requests.push(key)
    const [first, ...others] = answers.get(key) ?? []
    if (first === undefined) {
      missing.push(key)
      throw new ApiError(notRecorded(key, path), { hint: `To record it, ${howToRecord}` })
    }
    if (others.length > 0) answers.set(key, others)
    return first
  })
  return {
    requests,
    end: async () => {
      end()
      const [first] = missing
      if (first !== undefined) throw new Error(`${notRecorded(first, path)}: ${howToRecord}`)
    },
  }
}

const howToRecord = 'run the test once with MILLRACE_RECORD=1, which asks the API.'

const notRecorded = (key: string, path: string) => `no answer to ${key} is recorded in ${path}`

type Hide = (text: string) => string

function hiding(secrets: Secrets, further: readonly string[]): Hide {
  return (text) =>
    further.reduce((hidden, one) => hidden.replaceAll(one, '***'), hideNamedSecrets(secrets.hideIn(text)))
}

/** What a request is told apart by. */
function keyOf(request: Pick<TappedRequest, 'method' | 'url' | 'content'>, hide: Hide): string {
  const { method, url, content } = masked(request, hide)
  return [method, url, ...(content === undefined ? [] : [content])].join(' ')
}

function masked<Request extends Pick<TappedRequest, 'url' | 'content'>>(
  request: Request,
  hide: Hide,
): Request {
  const { url, content } = request
  return {
    ...request,
    url: hide(url),
    content: content === undefined ? undefined : hide(content),
  }
}
