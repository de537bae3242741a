/** The file of a recording: JSON for people to read, and to change. */
import { z } from 'zod'
import type { TappedAnswer, TappedRequest } from '../http/tap.js'

const headers = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

const recorded = z.strictObject({
  request: z
    .strictObject({ method: z.enum(['GET', 'POST']), url: z.string(), json: z.unknown() })
    .partial({ json: true }),
  answer: z.strictObject({
    status: z.int(),
    headers,
    /** The body, where JSON.parse loses nothing of it; else it is `text`. */
    json: z.unknown().optional(),
    text: z.string().optional(),
  }),
})

const recording = z.strictObject({ recorded: z.array(recorded) })

export type Recorded = z.infer<typeof recorded>

/** @throws Error where it is none */
export function readRecording(
  path: string,
  text: string,
): readonly { readonly request: TappedRequest; readonly answer: Recorded['answer'] }[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Told below.
  }
  const { data, error } = recording.safeParse(value)
  if (error !== undefined) throw new Error(`${path} is no recording: ${z.prettifyError(error)}`)
  return data.recorded.map(({ request: { json, ...request }, answer }) => ({
    request: { ...request, content: json === undefined ? undefined : JSON.stringify(json) },
    answer,
  }))
}

export function answerOf({ status, headers, json, text }: Recorded['answer']): TappedAnswer {
  return { status, headers, text: text ?? (json === undefined ? '' : JSON.stringify(json)) }
}

/** Cookies are secrets; the others say how and when an answer came, which is another time each time. */
const droppedHeaders =
  /^(?:set-cookie|cookie|authorization|proxy-.*|date|age|expires|connection|keep-alive|transfer-encoding|content-encoding|content-length)$/

/** @param hide takes secrets out of a text */
export function recordedOf(
  { method, url, content }: TappedRequest,
  answer: TappedAnswer,
  hide: (text: string) => string,
): Recorded {
  const kept = Object.entries(answer.headers).flatMap(([name, value]) =>
    value === undefined || droppedHeaders.test(name)
      ? []
      : [[name, typeof value === 'string' ? hide(value) : value.map(hide)] as const],
  )
  return {
    request: { method, url, ...(content === undefined ? {} : { json: JSON.parse(content) }) },
    answer: { status: answer.status, headers: Object.fromEntries(kept), ...bodyOf(hide(answer.text)) },
  }
}

function bodyOf(text: string): { readonly json: unknown } | { readonly text: string } {
  try {
    const json: unknown = JSON.parse(text)
    const numbers = text.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/-?\d[\d.eE+-]*/g) ?? []
    // It knows no large numbers, nor digits that change nothing.
    if (numbers.every((number) => JSON.stringify(Number(number)) === number)) return { json }
  } catch {
    // No JSON.
  }
  return { text }
}

/** Names of what is secret in all APIs, as parameters of a URL and as members of JSON. (A page's token is none.) */
const secretNames =
  '(?:[\\w-]*[_-])?(?:access|refresh|auth|api|id|session|security)[_-]?token|[\\w-]*(?:secret|passw(?:or)?d|api[_-]?key|access[_-]?key|signature|authorization)'

const inUrl = new RegExp(`([?&](?:${secretNames}|token|key)=)[^&#\\s"'<>]+`, 'gi')
const inJson = new RegExp(`("(?:${secretNames})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, 'gi')

/** Takes out what is a secret by its name, although no client says so. */
export function hideNamedSecrets(text: string): string {
  return text.replace(inUrl, '$1***').replace(inJson, '$1"***"')
}
