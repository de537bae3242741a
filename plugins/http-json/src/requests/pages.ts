/** Pages of an answer: where the next one is, and that there is an end to them. */
import { ApiError, firstWords, numberText, toJsonText, valueAt } from '@millrace/plugin-sdk'
import type { PagingSettings } from '../config.js'
import type { ApiClient, JsonAnswer, Target } from './api-client.js'

/** The most pages of one question: more is taken for an API that does not end. */
const mostPages = 100_000

/** Goes from page to page of one question. */
export class Pages {
  readonly #client: ApiClient
  readonly #paging: PagingSettings | undefined
  readonly #first: Target
  /** What has led to pages so far. */
  readonly #seen = new Set<string>()
  #pages = 0
  #rows = 0
  #lastPage: string | undefined

  constructor(client: ApiClient, paging: PagingSettings | undefined, first: Target) {
    this.#client = client
    this.#paging = paging
    this.#first = first
  }

  /** The first page. */
  begin(): Target {
    const { first, size } = { first: undefined, size: undefined, ...this.#paging }
    const parameters: [string, number][] = []
    if (size !== undefined) parameters.push([size.parameter, size.value])
    if (this.#paging?.kind === 'page' && first !== undefined) parameters.push([this.#paging.parameter, first])
    if (this.#paging?.kind === 'offset') parameters.push([this.#paging.parameter, 0])
    const target = parameters.reduce(
      (path, [name, value]) => withParameter(path, name, String(value)),
      this.#first.path,
    )
    this.#seen.add(target)
    return { path: target }
  }

  /**
   * The page after one that has come; undefined after the last.
   * @param rows what it holds
   * @throws ApiError where pages repeat
   */
  after(current: Target, answer: JsonAnswer, rows: readonly unknown[]): Target | undefined {
    this.#pages++
    this.#rows += rows.length
    const next = this.#next(current, answer, rows)
    if (next === undefined) return undefined
    if (this.#seen.has(next.path)) {
      throw new ApiError(
        `the API's pages go in a circle: after page ${this.#pages} it leads to one that was there before`,
        {
          detail: `GET ${firstWords(next.path)}`,
          hint: 'Check the setting paging of the table.',
        },
      )
    }
    if (this.#pages >= mostPages) {
      throw new ApiError(`the API's pages do not end: there have been ${mostPages}`, {
        hint: 'Narrow the query, or check the setting paging of the table.',
      })
    }
    this.#seen.add(next.path)
    return next
  }

  #next(current: Target, { json, link }: JsonAnswer, rows: readonly unknown[]): Target | undefined {
    const paging = this.#paging
    switch (paging?.kind) {
      case undefined:
        return undefined
      case 'link': {
        const url = link === undefined ? undefined : nextLink(link)
        return url === undefined ? undefined : this.#client.targetOf(url, current)
      }
      case 'next': {
        const url = valueAt(json, paging.pointer)
        if (isNothing(url)) return undefined
        if (typeof url !== 'string') throw unexpected(paging.pointer, url, 'a URL')
        return this.#client.targetOf(url, current)
      }
      case 'cursor': {
        const more = paging.more === undefined ? true : valueAt(json, paging.more)
        if (more === false) return undefined
        if (more !== true) throw unexpected(paging.more ?? '', more, 'true or false')
        const cursor = valueAt(json, paging.pointer)
        if (isNothing(cursor)) {
          if (paging.more === undefined) return undefined
          throw unexpected(paging.pointer, cursor, 'a cursor, since there is more')
        }
        const text = typeof cursor === 'string' ? cursor : numberText(cursor)
        if (text === undefined) throw unexpected(paging.pointer, cursor, 'a cursor')
        return { path: withParameter(this.#first.path, paging.parameter, text) }
      }
      case 'page':
      case 'offset': {
        if (rows.length === 0 || (paging.ends === 'short' && rows.length < (paging.size?.value ?? 0)))
          return undefined
        this.#expectOther(rows)
        const place = paging.kind === 'page' ? paging.first + this.#pages : this.#rows
        return { path: withParameter(current.path, paging.parameter, String(place)) }
      }
    }
  }

  /** An API that ignores the parameter gives its first page for ever. */
  #expectOther(rows: readonly unknown[]): void {
    const page = rows.map(toJsonText).join()
    if (page === this.#lastPage) {
      throw new ApiError(`page ${this.#pages} has the same rows as the page before`, {
        hint: 'Check the setting paging of the table: the API may know the parameter by another name.',
      })
    }
    this.#lastPage = page
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === false
}

function unexpected(pointer: string, value: unknown, expected: string): ApiError {
  return new ApiError(`the answer has something else at ${pointer} than ${expected}`, {
    detail: firstWords(toJsonText(value) ?? 'nothing'),
    hint: 'Check the setting paging of the table.',
  })
}

/** A path with a parameter in its query, in the place of one of that name. */
function withParameter(path: string, name: string, value: string): string {
  const [plain = '', query = ''] = path.split(/\?(.*)/s)
  const parameters = new URLSearchParams(query)
  parameters.set(name, value)
  return `${plain}?${parameters}`
}

/** The target of the relation `next` in a header Link (RFC 8288). */
function nextLink(header: string): string | undefined {
  for (const [, url, parameters = ''] of header.matchAll(
    /<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]+))?)*)/g,
  )) {
    const [, quoted, plain] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters) ?? []
    if ((quoted ?? plain ?? '').toLowerCase().split(/\s+/).includes('next')) return url
  }
  return undefined
}
