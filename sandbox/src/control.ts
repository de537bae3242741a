/** What another process can do with the sandbox over HTTP, under `/_sandbox/`. */
import { z } from 'zod'
import type { PagingSettings } from './aws/filter-log-events.js'
import type { LogStore } from './aws/log-store.js'
import type { TrailStore } from './aws/trail-store.js'
import type { CallLog } from './call-log.js'
import { articleRegion } from './data/article-trail.js'
import { type Faults, faultSchema } from './faults.js'
import { generateInto } from './generate.js'
import type { Answer, ApiRequest } from './service.js'

/** The parts of the sandbox that can be seen and changed. */
export interface ControlledParts {
  readonly calls: CallLog
  readonly faults: Faults
  readonly logs: LogStore
  readonly paging: PagingSettings
  readonly trails: TrailStore
}

const prefix = '/_sandbox/'

const count = z.int().nonnegative()

const generateSchema = z.strictObject({
  logGroup: z.string().min(1),
  count,
  seed: z.int().optional(),
  distinctAddresses: z.int().positive().optional(),
  startTime: count.optional(),
  intervalMs: z.number().positive().optional(),
  serviceEvery: count.optional(),
  streams: z.int().positive().optional(),
  region: z.string().optional(),
})

const putSchema = z.strictObject({
  logGroup: z.string().min(1),
  region: z.string().default(articleRegion),
  events: z.array(
    z.strictObject({
      message: z.string(),
      timestamp: count,
      ingestionTime: count.optional(),
      logStreamName: z.string().min(1).optional(),
    }),
  ),
})

const trailSchema = z.strictObject({
  name: z.string().min(1),
  homeRegion: z.string().default(articleRegion),
  isMultiRegion: z.boolean().default(false),
  tags: z.record(z.string(), z.string()).default({}),
})

const pagingSchema = z
  .strictObject({
    maxEvents: z.int().positive(),
    maxBytes: z.int().positive(),
    scanLimit: z.int().positive(),
    emptyPagesBefore: count,
    emptyPageAtEnd: z.boolean(),
    includesEndTime: z.boolean(),
    inOrder: z.boolean(),
    cacheBytes: count,
  })
  .partial()

type Handler = (parts: ControlledParts, request: ApiRequest) => unknown

const handlers: Readonly<Record<string, Handler>> = {
  'GET calls': ({ calls }, { url }) => {
    const filter = {
      service: url.searchParams.get('service') ?? undefined,
      operation: url.searchParams.get('operation') ?? undefined,
    }
    return { inFlight: calls.inFlight, maxInFlight: calls.maxInFlight(filter), calls: calls.list(filter) }
  },
  'DELETE calls': ({ calls }) => calls.clear(),
  'GET faults': ({ faults }) => faults.list(),
  'PUT faults': ({ faults }, request) => {
    const wanted = read(z.array(faultSchema), request)
    faults.clear()
    for (const fault of wanted) faults.add(fault)
    return faults.list()
  },
  'DELETE faults': ({ faults }) => faults.clear(),
  'POST events': ({ logs }, request) => {
    const wanted = read(z.union([generateSchema, putSchema]), request)
    if (!('events' in wanted)) return generateInto(logs, wanted)
    logs.addEvents(wanted.region, wanted.logGroup, wanted.events)
    return { logGroup: wanted.logGroup, region: wanted.region, count: wanted.events.length }
  },
  'POST trails': ({ trails }, request) => {
    const wanted = read(z.array(trailSchema), request)
    for (const trail of wanted) trails.add({ ...trail, description: {}, status: { IsLogging: true } })
    return { count: wanted.length }
  },
  'GET paging': ({ paging }) => paging,
  'PUT paging': ({ paging }, request) => Object.assign(paging, read(pagingSchema, request)),
}

/** The answer to a request that is for the sandbox itself; null for any other. */
export function controlAnswer(request: ApiRequest, parts: ControlledParts): Answer | null {
  const { pathname } = request.url
  if (!pathname.startsWith(prefix)) return null
  const handler = handlers[`${request.method} ${pathname.slice(prefix.length)}`]
  if (handler === undefined) {
    return say(404, { error: `There is: ${Object.keys(handlers).join(', ')}, each under ${prefix}.` })
  }
  try {
    return say(200, handler(parts, request) ?? {})
  } catch (error) {
    if (error instanceof z.ZodError) return say(400, { error: z.prettifyError(error) })
    if (error instanceof SyntaxError || error instanceof RangeError) return say(400, { error: error.message })
    throw error
  }
}

function read<T>(schema: z.ZodType<T>, request: ApiRequest): T {
  return schema.parse(JSON.parse(request.body.toString('utf8')))
}

function say(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` }
}
