/** net_http_request: what a URL answers. */
import {
  ApiError,
  bigint,
  boolean,
  equalValues,
  type HttpQuestion,
  type HttpReply,
  type JsonText,
  jsonb,
  type Qual,
  text,
  toJsonText,
} from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { failureText } from '../sockets/open-socket.js'

const usualMethod = 'GET'
/** A query is no place to change things with PUT or DELETE. */
const methods = ['GET', 'HEAD', 'OPTIONS', 'POST'] as const

export const netHttpRequest = defineTable({
  name: 'net_http_request',
  description:
    'One row for each URL that a query names: its answer to an HTTP request. What keeps it from answering stands in ' +
    'the column response_error. Addresses that are not public are refused, also where a redirect leads to them, ' +
    'unless the setting allow_private_addresses allows them. Bodies are bounded by max_answer_mb.',
  columns: {
    url: text('The URL, http or https.'),
    method: text('GET (the default), HEAD, OPTIONS or POST.'),
    follow_redirects: boolean('Whether redirects are followed, up to ten; the default is true.'),
    request_body: text('What is sent with a POST.'),
    request_headers: jsonb('Headers that are sent: an object of texts, or lists of texts, by name.'),
    response_status_code: bigint('The status of the answer; NULL if there was none.'),
    response_body: text('The body of the answer, without bytes that are not UTF-8.'),
    response_error: text('Why there is no answer; empty if there is one.'),
    response_headers: jsonb('The headers of the answer: an object of lists of texts by name.'),
  },
  keys: {
    url: { operators: ['='], require: 'required', valuesPerCall: 1 },
    method: { operators: ['='], valuesPerCall: 1 },
    follow_redirects: { operators: ['=', '<>'] },
    request_body: { operators: ['='], valuesPerCall: 1 },
    request_headers: { operators: ['='], valuesPerCall: 1 },
  },
  calls: [{ name: 'request' }],
  async *list(scan) {
    const [method = usualMethod] = equalValues(scan.quals.method) ?? []
    const [body] = equalValues(scan.quals.request_body) ?? []
    const [headers] = equalValues(scan.quals.request_headers) ?? []
    const { http } = scan.connection
    for (const url of equalValues(scan.quals.url) ?? []) {
      for (const followRedirects of redirectsOf(scan.quals.follow_redirects)) {
        const asked = {
          url,
          method,
          follow_redirects: followRedirects,
          request_body: body ?? null,
          request_headers: headers ?? null,
        }
        const answered = await scan.call('request', async (signal) => {
          try {
            const question = questionOf({ url, method, body, headers })
            return columnsOf(await http.ask({ ...question, followRedirects }, signal))
          } catch (error) {
            signal.throwIfAborted()
            if (ApiError.is(error) && error.sqlState === '53000') throw error
            return { response_error: failureText(error) }
          }
        })
        yield [{ ...asked, ...answered }]
      }
    }
  },
  examples: [
    {
      title: 'What a URL answers',
      sql: `select response_status_code, response_headers -> 'Content-Type' as type, response_error
from net_http_request
where url = 'http://example.com/'`,
    },
    {
      title: 'Where a redirect leads',
      sql: `select response_status_code, response_headers -> 'Location' ->> 0 as location
from net_http_request
where url = 'http://example.com/' and not follow_redirects`,
    },
    {
      title: 'A request with headers of its own',
      sql: `select response_status_code, response_body
from net_http_request
where url = 'http://example.com/' and method = 'POST' and request_body = '{"q": 1}'
  and request_headers = '{"Content-Type": "application/json"}'`,
    },
  ],
})

/** The values of follow_redirects that a query's conditions leave. */
function redirectsOf(quals: readonly Qual<boolean>[] = []): readonly boolean[] {
  if (quals.length === 0) return [true]
  return [true, false].filter((value) =>
    quals.every((qual) => {
      if (qual.operator === '=') return qual.values.includes(value)
      return qual.operator !== '<>' || qual.value !== value
    }),
  )
}

interface Asked {
  readonly url: string
  readonly method: string
  readonly body: string | undefined
  readonly headers: JsonText | undefined
}

/** @throws Error for what cannot be asked */
function questionOf({ url, method, body, headers }: Asked): HttpQuestion {
  const known = methods.find((one) => one === method)
  if (known === undefined) {
    throw new Error(`the method ${method} is not one of ${methods.join(', ')}`)
  }
  if (!URL.canParse(url)) throw new Error(`"${url}" is no URL`)
  return {
    url: new URL(url),
    method: known,
    headers: headers === undefined ? {} : headersOf(JSON.parse(headers)),
    ...(known === 'POST' && body !== undefined ? { body } : {}),
  }
}

function headersOf(value: unknown): Record<string, string | string[]> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject) throw new Error('request_headers is no object')
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) => {
      const texts: unknown[] = Array.isArray(content) ? content : [content]
      const isText = texts.every((each): each is string => typeof each === 'string')
      if (!isText) throw new Error(`the header ${name} is neither a text nor a list of texts`)
      return [name, Array.isArray(content) ? texts : (texts[0] ?? '')]
    }),
  )
}

function columnsOf({ status, headers, body }: HttpReply) {
  const named = Object.entries(headers).map(([name, value]) => [canonical(name), [value].flat()])
  // Invalid bytes and NUL, which PostgreSQL's texts cannot hold, are dropped.
  // A body that itself holds U+FFFD in valid UTF-8 keeps it only if all of it is valid.
  const text = body.toString('utf8')
  const isValid = Buffer.from(text).equals(body)
  const kept = (isValid ? text : text.replaceAll('\ufffd', '')).replaceAll('\u0000', '')
  return {
    response_status_code: status,
    response_body: kept === '' ? null : kept,
    response_error: '',
    response_headers: toJsonText(Object.fromEntries(named)),
  }
}

/** `content-type` as Content-Type. */
function canonical(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
}
