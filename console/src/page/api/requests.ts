/** What the page asks its server. */
import type {
  CachedRows,
  CatalogAnswer,
  Column,
  DownloadFormat,
  PriceAnswer,
  Row,
  RunEvent,
  RunRequest,
} from '../../protocol/messages.js'

/** The server refuses, or is gone. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed'
}

async function request(path: string, options: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, options)
  } catch (error) {
    if (options.signal?.aborted === true) throw error
    throw new RequestFailed('The console has been stopped. Start it again: millrace console', {
      cause: error,
    })
  }
  if (response.ok) return response
  const text = await response.text()
  throw new RequestFailed(messageIn(text) ?? `the console answered ${response.status}`)
}

/** Errors are a report in JSON, or a sentence. */
function messageIn(text: string): string | undefined {
  try {
    const { report } = JSON.parse(text)
    return typeof report?.message === 'string' ? report.message : undefined
  } catch {
    return text.trim() || undefined
  }
}

function posted(body: unknown, signal?: AbortSignal): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  }
}

export async function fetchCatalog(): Promise<CatalogAnswer> {
  return (await request('/api/catalog')).json()
}

export async function fetchPrice(sql: string, signal: AbortSignal): Promise<PriceAnswer> {
  return (await request('/api/price', posted({ sql }, signal))).json()
}

export async function fetchCache(): Promise<readonly CachedRows[]> {
  return (await request('/api/cache')).json()
}

export async function clearCache(table: string | undefined): Promise<void> {
  await request('/api/cache/clear', posted(table === undefined ? {} : { table }))
}

/** @param part its number, from 0 on */
export async function fetchPart(result: string, part: number): Promise<readonly Row[]> {
  return (await request(`/api/results/${result}/parts/${part}`)).json()
}

export async function keepResults(ids: readonly string[]): Promise<void> {
  await request('/api/results/keep', posted({ ids }))
}

/** Also while the page is being closed. */
export function dropResults(ids: readonly string[]): void {
  if (ids.length > 0)
    void request('/api/results/drop', { ...posted({ ids }), keepalive: true }).catch(() => {})
}

/** Runs a statement. Ending the iteration, or aborting, cancels it. */
export async function* run(asked: RunRequest, signal: AbortSignal): AsyncGenerator<RunEvent, void, void> {
  const { body } = await request('/api/run', posted(asked, signal))
  if (body === null) return
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(line)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** A file of a result whose rows are all here. */
export async function makeFile(
  format: DownloadFormat,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<Blob> {
  const written = { columns: columns.map(({ name, oid }) => ({ name, oid })), rows }
  return (await request(`/api/file/${format}`, posted(written))).blob()
}

/** Where a result that the server holds can be downloaded. */
export function fileAddress(result: string, format: DownloadFormat): string {
  return `/api/results/${result}/file/${format}`
}
