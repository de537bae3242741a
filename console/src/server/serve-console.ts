/** The console's HTTP server. It asks the database like any client, and knows nothing of what stands behind it. */
import type { Server } from 'node:http'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { z } from 'zod'
import { type CatalogAnswer, downloadFormats, type Example, type RunEvent } from '../protocol/messages.js'
import { Access, refusal } from './access.js'
import { clearCache, readCache, readCatalog } from './catalog.js'
import type { Database, WriteResult } from './database.js'
import { EventQueue } from './event-queue.js'
import { HeldResults } from './held-results.js'
import { openSession } from './open-session.js'
import { PageFiles } from './page-files.js'
import { priceOf } from './price.js'
import { progressIn, reportOf, reportOfNotice } from './reports.js'
import { runStatement } from './run-statement.js'
import { jsonLines, writtenBody } from './streams.js'
import { TypeNames } from './type-names.js'

export interface ConsoleOptions {
  readonly database: Database
  /** The folder of the built page. */
  readonly pageFolder: string
  readonly examples: () => Promise<readonly Example[]>
  readonly writeResult: WriteResult
  /** By which tokens are made that open the page. */
  readonly secret: string
  /** Whether statements may write. */
  readonly writes: boolean
  readonly onError: (error: unknown) => void
}

export interface ConsoleServer {
  /** Does not listen yet. */
  readonly server: Server
  /** Ends what has been left open in the database. */
  stop(): Promise<void>
}

type Environment = { Bindings: HttpBindings }

const cookieName = (port: number) => `millrace-console-${port}`

/** The longest statement, and the longest result that a page sends back to have it saved, in characters. */
const longestStatement = 1_000_000
const longestResult = 32_000_000

const statement = z.object({ sql: z.string().max(longestStatement) })
const run = statement.extend({ fresh: z.boolean() })
const partNumber = z.coerce.number().int().min(0).max(1e9)
const ids = z.object({ ids: z.array(z.uuid()).max(100) })
const cacheTable = z.object({ table: z.string().max(500).optional() })
const format = z.enum(downloadFormats)
const written = z.object({
  columns: z.array(z.object({ name: z.string(), oid: z.number() })),
  rows: z.array(z.array(z.string().nullable())),
})

export function createConsole(options: ConsoleOptions): ConsoleServer {
  const { database, writes } = options
  const access = new Access(options.secret, Date.now)
  const files = new PageFiles(options.pageFolder)
  const results = new HeldResults()
  const types = new TypeNames(database)
  const app = new Hono<Environment>()

  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    if (error instanceof z.ZodError) return c.text('the request cannot be read', 400)
    options.onError(error)
    return c.json({ kind: 'failed', report: reportOf(error) }, 500)
  })
  app.use(ownPageOnly)
  app.get('/', async (c) => {
    const port = portOf(c.env)
    const token = c.req.query('token')
    if (token !== undefined) {
      const cookie = access.redeem(token)
      if (cookie === undefined && !access.knows(getCookie(c, cookieName(port)))) return c.text(usedToken, 401)
      if (cookie !== undefined) {
        setCookie(c, cookieName(port), cookie, { httpOnly: true, sameSite: 'Strict', path: '/' })
      }
      return c.redirect('/')
    }
    if (!access.knows(getCookie(c, cookieName(port)))) return c.text(noToken, 401)
    const { html, policy } = await files.page()
    return c.html(html, 200, { 'content-security-policy': policy, 'cache-control': 'no-store' })
  })
  app.use(async (c, next) => {
    if (!access.knows(getCookie(c, cookieName(portOf(c.env))))) return c.text(noToken, 401)
    return next()
  })

  app.get('/api/catalog', async (c) => {
    const [catalog, examples] = await Promise.all([readCatalog(database), options.examples()])
    return c.json({ ...catalog, examples, writes } satisfies CatalogAnswer)
  })
  app.get('/api/cache', async (c) => c.json(await readCache(database)))
  app.post('/api/cache/clear', async (c) => {
    await clearCache(database, cacheTable.parse(await c.req.json()).table)
    return c.json({})
  })
  app.post('/api/price', async (c) => {
    const { sql } = statement.parse(await c.req.json())
    return c.json(await priceOf(database, sql, c.req.raw.signal))
  })
  app.post('/api/run', async (c) => {
    const { sql, fresh } = run.parse(await c.req.json())
    const controller = new AbortController()
    const events = new EventQueue<RunEvent>()
    const emit = (event: RunEvent) => events.push(event)
    const settings = { 'millrace.progress': 'json', ...(fresh ? { 'millrace.cache_ttl': '0' } : {}) }
    const onNotice = tellSome(emit)
    const session = await openSession(database, { writes, settings, onNotice })
    void runStatement(sql, { session, results, types, emit, signal: controller.signal }).finally(() =>
      events.close(),
    )
    return new Response(
      jsonLines(events, () => controller.abort()),
      { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' } },
    )
  })
  app.get('/api/results/:id/parts/:number', async (c) => {
    const number = partNumber.parse(c.req.param('number'))
    const part = await results.find(c.req.param('id'))?.part(number)
    if (part === undefined) return c.text(goneResult, 410)
    return c.body(new Uint8Array(part), 200, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
  })
  app.post('/api/results/keep', async (c) => {
    for (const id of ids.parse(await c.req.json()).ids) results.find(id)
    return c.json({})
  })
  app.post('/api/results/drop', async (c) => {
    await Promise.all(ids.parse(await c.req.json()).ids.map((id) => results.drop(id)))
    return c.json({})
  })
  app.get('/api/results/:id/file/:format', (c) => {
    const kind = format.parse(c.req.param('format'))
    const spool = results.find(c.req.param('id'))
    if (spool === undefined) return c.text(goneResult, 410)
    const body = writtenBody((write) => options.writeResult(kind, spool.columns, spool.rows(), write))
    return new Response(body, { headers: fileHeaders(kind) })
  })
  app.post('/api/file/:format', async (c) => {
    const kind = format.parse(c.req.param('format'))
    const text = await c.req.text()
    if (text.length > longestResult) return c.text('the result is too long', 413)
    const { columns, rows } = written.parse(JSON.parse(text))
    const typed = columns.map(({ name, oid }) => ({ name, type: oid }))
    const body = writtenBody((write) => options.writeResult(kind, typed, once(rows), write))
    return new Response(body, { headers: fileHeaders(kind) })
  })
  app.get('*', async (c) => {
    const file = await files.read(c.req.path)
    if (file === undefined) return c.notFound()
    const headers = { 'content-type': file.type, 'cache-control': 'private, max-age=31536000, immutable' }
    return c.body(new Uint8Array(file.bytes), 200, headers)
  })

  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  return { server, stop: () => results.dropAll() }
}

const noToken = 'Open the address that millrace console prints: it holds what lets you in.\n'
const usedToken = 'This address has been used, or is too old. millrace console prints a new one.\n'
const goneResult = 'this result is no longer there: run the statement again'

/** Refuses whatever another page could send; and says to the browser what it may do with the answers. */
const ownPageOnly: MiddlewareHandler<Environment> = async (c, next) => {
  const why = refusal(
    {
      method: c.req.method,
      host: c.req.header('host'),
      origin: c.req.header('origin'),
      fetchSite: c.req.header('sec-fetch-site'),
      isNavigation: c.req.header('sec-fetch-mode') === 'navigate',
    },
    portOf(c.env),
  )
  if (why !== undefined) return c.text(`${why}\n`, 403)
  await next()
  c.header('x-content-type-options', 'nosniff')
  c.header('referrer-policy', 'no-referrer')
  c.header('cross-origin-resource-policy', 'same-origin')
  c.header('cross-origin-opener-policy', 'same-origin')
  c.header('x-frame-options', 'DENY')
  return undefined
}

function portOf({ incoming }: HttpBindings): number {
  return incoming.socket.localPort ?? 0
}

/** Notices of a statement that are told. */
const mostNotices = 500

function tellSome(emit: (event: RunEvent) => void) {
  let told = 0
  return (notice: Parameters<typeof reportOfNotice>[0]) => {
    const progress = progressIn(notice.message)
    if (progress !== undefined) emit({ kind: 'progress', progress })
    else if (told++ < mostNotices) emit({ kind: 'notice', report: reportOfNotice(notice) })
  }
}

function fileHeaders(kind: z.infer<typeof format>): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="result.${kind}"`,
    'cache-control': 'no-store',
  }
}

async function* once<Item>(item: Item): AsyncGenerator<Item> {
  yield item
}
