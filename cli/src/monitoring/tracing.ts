/**
 * Traces for OpenTelemetry: a span for each statement of a client, and within it for its plan, its scans and their requests to
 * APIs. No literal of a statement, no parameter and no value of a row stands in one.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type RequestTrace, setRequestTracer, type TracedRequest } from '@millrace/plugin-sdk'
import type {
  BegunStatement,
  EndedStatement,
  StatementObserver,
  StatementTrace,
} from '@millrace/server/session/statement-watch'
import { withoutLiterals } from '@millrace/sql-engine/parse/without-literals'
import type { CallOrigin, EngineObserver, TracedPart } from '@millrace/sql-engine/report/engine-observer'
import type { ScanRecord } from '@millrace/sql-engine/report/scan-record'
import {
  type Attributes,
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { Logger } from 'pino'
import { readVersion } from '../version.js'
import { traceContextOf } from './traceparent.js'

export interface Tracing extends StatementObserver, EngineObserver {
  /** Sends what is not sent yet, as far as that takes no long time. Never rejects. */
  stop(): Promise<void>
}

/** How long the last spans may take to be sent when the server stops, in milliseconds. */
const longestFlush = 3_000

/** @param endpoint of a collector; without it, the variables of OpenTelemetry say where it is */
export async function startTracing(endpoint: string | undefined, log: Logger): Promise<Tracing> {
  diag.setLogger(loggerFor(log), DiagLogLevel.WARN)
  const url = endpoint === undefined ? {} : { url: new URL('v1/traces', withSlash(endpoint)).href }
  const named = resourceFromAttributes({ 'service.name': 'millrace', 'service.version': await readVersion() })
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(url))],
  })
  return new OpenTelemetryTracing(provider)
}

class OpenTelemetryTracing implements Tracing {
  readonly wantsTexts = true
  readonly #provider: BasicTracerProvider
  readonly #tracer
  readonly #active = new AsyncLocalStorageContextManager().enable()
  readonly #propagator = new W3CTraceContextPropagator()
  /** Requests of undici that are under way. */
  readonly #requests = new WeakMap<object, RequestTrace>()

  constructor(provider: BasicTracerProvider) {
    this.#provider = provider
    this.#tracer = provider.getTracer('millrace')
    setRequestTracer((request) => this.#traceRequest(request))
    // https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md
    subscribe('undici:request:create', this.#onRequest)
    subscribe('undici:request:headers', this.#onAnswer)
  }

  async stop(): Promise<void> {
    unsubscribe('undici:request:create', this.#onRequest)
    unsubscribe('undici:request:headers', this.#onAnswer)
    setRequestTracer(undefined)
    const timer = AbortSignal.timeout(longestFlush)
    const over = new Promise((resolve) => timer.addEventListener('abort', resolve, { once: true }))
    await Promise.race([this.#provider.shutdown().catch(() => {}), over])
  }

  begun({ text }: BegunStatement): StatementTrace {
    const outer = this.#contextOf(text)
    const statement = text === undefined ? undefined : withoutLiterals(text)
    const operation = /^\s*(\w+)/.exec(statement ?? '')?.[1]?.toUpperCase()
    const attributes = {
      'db.system.name': 'postgresql',
      'db.namespace': 'millrace',
      'db.operation.name': operation,
      'db.query.text': statement,
    }
    const span = this.#tracer.startSpan(
      operation ?? 'statement',
      { kind: SpanKind.SERVER, attributes },
      outer,
    )
    const context = trace.setSpan(outer, span)
    return {
      within: (work) => this.#active.with(context, work),
      ended: ({ rows, calls, sqlState }: EndedStatement) => {
        span.setAttributes({ 'db.response.returned_rows': rows, 'millrace.calls': calls })
        if (sqlState !== undefined) {
          span.setAttribute('db.response.status_code', sqlState)
          fail(span, sqlState)
        }
        span.end()
      },
    }
  }

  ended(): void {
    // Its own trace is told.
  }

  trace<Result>(part: TracedPart, work: () => Promise<Result>): Promise<Result> {
    const outer = this.#active.active()
    const { name, kind, attributes } = described(part)
    const span = this.#tracer.startSpan(name, { kind, attributes }, outer)
    return this.#active.with(trace.setSpan(outer, span), async () => {
      try {
        return await work()
      } catch (error) {
        fail(span, errorType(error))
        throw error
      } finally {
        span.end()
      }
    })
  }

  scanned(_origin: CallOrigin, { cache, meter }: ScanRecord): void {
    trace.getSpan(this.#active.active())?.setAttributes({
      'millrace.cache': cache,
      'millrace.calls': meter.calls,
      'db.response.returned_rows': meter.rows,
    })
  }

  called(): void {}
  retried(): void {}
  throttled(): void {}
  passed(): void {}

  /** The context that a statement's comments name, or none. */
  #contextOf(text: string | undefined): Context {
    const headers = traceContextOf(text ?? '')
    return this.#propagator.extract(ROOT_CONTEXT, headers, {
      get: (carrier: Readonly<Record<string, string>>, name) => carrier[name],
      keys: (carrier) => Object.keys(carrier),
    })
  }

  /** @returns undefined for a request that is no part of a statement */
  #traceRequest({ method, host, port }: TracedRequest): RequestTrace | undefined {
    const active = this.#active.active()
    const span = trace.getSpan(active)
    if (span === undefined) return undefined
    span.setAttributes({
      'http.request.method': method,
      'server.address': host,
      ...(port === undefined ? {} : { 'server.port': port }),
    })
    const headers: Record<string, string> = {}
    this.#propagator.inject(active, headers, {
      set: (carrier: Record<string, string>, name, value) => {
        carrier[name] = value
      },
    })
    return {
      headers,
      answered: (status) => span.setAttribute('http.response.status_code', status),
    }
  }

  readonly #onRequest = (message: unknown) => {
    const { request } = Object(message)
    const { origin, method } = Object(request)
    if (!URL.canParse(String(origin))) return
    const url = new URL(String(origin))
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
    const traced = this.#traceRequest({ method: String(method), host: url.hostname, port })
    if (traced === undefined) return
    for (const [name, value] of Object.entries(traced.headers)) request.addHeader(name, value)
    this.#requests.set(request, traced)
  }

  readonly #onAnswer = (message: unknown) => {
    const { request, response } = Object(message)
    this.#requests.get(request)?.answered(Number(Object(response).statusCode))
  }
}

interface Described {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
}

/** Names and attributes by OpenTelemetry's conventions: https://opentelemetry.io/docs/specs/semconv/database/ */
function described(part: TracedPart): Described {
  if (part.kind === 'plan') return { name: 'plan', kind: SpanKind.INTERNAL, attributes: {} }
  const { plugin, connection, table } = part.origin
  const attributes = {
    'db.collection.name': `${connection}.${table}`,
    'millrace.plugin': plugin,
    'millrace.connection': connection,
    'millrace.table': table,
  }
  if (part.kind === 'scan') return { name: `scan ${table}`, kind: SpanKind.INTERNAL, attributes }
  return { name: part.call, kind: SpanKind.CLIENT, attributes: { ...attributes, 'millrace.call': part.call } }
}

/** Without a message, which may hold a value. */
function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** The SQLSTATE of an error, where it has one, or its kind. */
function errorType(error: unknown): string {
  const { sqlState, name } = Object(error)
  return typeof sqlState === 'string' ? sqlState : typeof name === 'string' ? name : '_OTHER'
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}

/** What OpenTelemetry says of itself, such as that no collector answers, goes to the log. */
function loggerFor(log: Logger) {
  const told = (level: 'warn' | 'debug') => (message: string) => log[level](`tracing: ${message}`)
  return {
    error: told('warn'),
    warn: told('warn'),
    info: told('debug'),
    debug: told('debug'),
    verbose: told('debug'),
  }
}
