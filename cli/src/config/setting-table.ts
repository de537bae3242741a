/**
 * The server's settings: what each is called, what it may be, what it is where nobody says so, and what it does. Files,
 * variables, docs/configuration.md and millrace.setting all come from here.
 */
import { defaultQuotas } from '@millrace/sql-engine/quota/quotas'
import { z } from 'zod'

export interface SettingDefinition<Value = unknown> {
  /** Checks a value of a file or, after {@link fromText}, of a variable. */
  readonly schema: z.ZodType<Value>
  /** The value where none is given, as a file would give it. */
  readonly usual: unknown
  /** The variable of the environment that takes precedence over files. */
  readonly variable?: string
  /** What a variable's text is as a value. Default is the text itself. */
  readonly fromText?: (text: string) => unknown
  /** Whether the value holds a secret, and is never shown. */
  readonly secret?: boolean
  /** Whether a change takes effect while the server runs. */
  readonly reloads?: boolean
  readonly description: string
}

function setting<Value>(definition: SettingDefinition<Value>): SettingDefinition<Value> {
  return definition
}

/** Digits are a number; anything else stays a text, which the schema then refuses. */
function numberFromText(text: string): unknown {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text
}

function booleanFromText(text: string): unknown {
  return text === 'true' || text === 'on' ? true : text === 'false' || text === 'off' ? false : text
}

const port = z.int('expected a number from 0 to 65535').min(0, 'expected a number from 0 to 65535')
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const schemaNames = z.array(z.string().min(1))

/** The URL of a role in a PostgreSQL of the user's. */
function engineUrl(variable: string, description: string) {
  return setting({
    schema: z
      .string()
      .regex(/^postgres(?:ql)?:\/\//, 'expected a URL such as postgres://role:password@host:5432/database')
      .nullable(),
    usual: null,
    variable,
    secret: true,
    description,
  })
}

/** @param usual Infinity for none */
function quota(usual: number, description: string) {
  return setting({
    schema: z
      .int()
      .min(-1)
      .transform((limit) => (limit === -1 ? Number.POSITIVE_INFINITY : limit)),
    usual: Number.isFinite(usual) ? usual : -1,
    description: `${description} -1 for any number. A session may choose otherwise.`,
  })
}

/** What PostgreSQL limits by itself. */
function limit(schema: z.ZodNumber, description: string) {
  return setting({ schema: schema.nullable(), usual: null, description })
}

export const settingTable = {
  'listen.host': setting({
    schema: z.string().min(1),
    usual: '127.0.0.1',
    variable: 'MILLRACE_HOST',
    description: 'The address to listen at; 0.0.0.0 for all of the machine.',
  }),
  'listen.port': setting({
    schema: port.max(65_535, 'expected a number from 0 to 65535'),
    // Steampipe's too, so that tools set up for that find Millrace.
    usual: 9193,
    variable: 'MILLRACE_PORT',
    fromText: numberFromText,
    description: 'The port to listen at; 0 for any that is free.',
  }),
  tls: setting({
    schema: z.union(
      [
        z.boolean(),
        z
          .strictObject({
            certificate: z.string().min(1).optional(),
            key: z.string().min(1).optional(),
            require: z.boolean().optional(),
            client_ca: z.string().min(1).optional(),
          })
          .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined)),
      ],
      { error: 'expected true, false, or an object of certificate and key, require, client_ca' },
    ),
    usual: true,
    reloads: true,
    description:
      'Whether clients may encrypt their connections: with a certificate that Millrace makes (`true`), with your own (paths of PEM files, relative to the home: `certificate` and `key`), or not (`false`). `{ "require": true }` refuses clients that do not; `client_ca` is the PEM file of the authority whose certificates [users](security.md#users) may present.',
  }),
  'cache.ttl': setting({
    schema: z
      .number()
      .min(0)
      .max(86_400 * 365),
    usual: 300,
    variable: 'MILLRACE_CACHE_TTL',
    fromText: numberFromText,
    description:
      'How many seconds rows answer later statements; 0 asks again each time. A session may choose otherwise.',
  }),
  'cache.max_size_mb': setting({
    schema: z.number().positive(),
    usual: 1024,
    variable: 'MILLRACE_CACHE_MAX_SIZE_MB',
    fromText: numberFromText,
    description: 'The most megabytes of rows that are cached, on disk.',
  }),
  decode_threads: setting({
    schema: z.int().min(0).max(64).nullable(),
    usual: null,
    variable: 'MILLRACE_DECODE_THREADS',
    fromText: numberFromText,
    description:
      'The threads that decode what APIs answer, beside the main one; 0 for none. By default one for each core, at most 8; none where there is a single core.',
  }),
  'limits.max_api_calls': quota(defaultQuotas.apiCalls, 'The most API calls of a statement.'),
  'limits.max_keys': quota(defaultQuotas.keys, 'The most combinations of key values that one scan asks for.'),
  'limits.max_rows': quota(defaultQuotas.rows, 'The most rows that a statement fetches.'),
  'limits.max_bytes': quota(defaultQuotas.bytes, 'The most bytes of rows that a statement fetches.'),
  'limits.statement_timeout': limit(
    z.number().positive().max(2_000_000),
    'The most seconds that a statement takes, with the calls that it waits for. A session may choose otherwise, by `statement_timeout`.',
  ),
  'limits.work_mem_mb': limit(
    z.int().min(1).max(1_000_000),
    "The megabytes that each sort or hash table of a statement takes in memory before it goes to files, PostgreSQL's `work_mem`. A session may choose otherwise.",
  ),
  'limits.max_temp_file_mb': limit(
    z.int().min(0).max(1_000_000),
    "The most megabytes of such files of a session, PostgreSQL's `temp_file_limit`. Not for a PostgreSQL of your own.",
  ),
  'limits.shared': setting({
    schema: z.boolean(),
    usual: false,
    variable: 'MILLRACE_LIMITS_SHARED',
    fromText: booleanFromText,
    description:
      'Whether gateways over one [PostgreSQL of your own](own-postgres.md) share the limits of APIs: rates count the calls of all of them, and each may have its part of the calls in flight.',
  }),
  'engine.url': engineUrl(
    'MILLRACE_ENGINE_URL',
    'A PostgreSQL of your own to run on, in place of the one that comes with Millrace: [own-postgres.md](own-postgres.md).',
  ),
  'engine.client_url': engineUrl(
    'MILLRACE_ENGINE_CLIENT_URL',
    "The role that clients' sessions have there, as a URL with the same host and database. Without it, they have that of `engine.url`.",
  ),
  'engine.reader_url': engineUrl(
    'MILLRACE_ENGINE_READER_URL',
    'The same for clients that may only read, such as `millrace mcp`.',
  ),
  'engine.gateway_host': setting({
    schema: z.string().min(1).nullable(),
    usual: null,
    variable: 'MILLRACE_ENGINE_GATEWAY_HOST',
    description:
      'The host by which that PostgreSQL reaches Millrace, for virtual tables within functions and materialized views. By default the address that Millrace listens at.',
  }),
  'engine.citus_distribute_rows': setting({
    schema: z.int().min(1000).nullable(),
    usual: null,
    description:
      'The number of rows from which a scan is distributed over the nodes of Citus, where `engine.url` is its coordinator; smaller ones are reference tables. By default Citus is left alone. Untried: [scale.md](scale.md#citus).',
  }),
  search_path: setting({
    schema: schemaNames.nullable(),
    usual: null,
    description:
      'The schemas that names without a schema are looked up in. By default `public`, then all connections in alphabetical order.',
  }),
  search_path_prefix: setting({
    schema: schemaNames,
    usual: [],
    description: 'Schemas to look through before all others.',
  }),
  log: setting({
    schema: z.enum(logLevels),
    usual: 'warn',
    variable: 'MILLRACE_LOG',
    description: `What is logged, to standard error or \`log_file\`: ${logLevels.map((level) => `\`${level}\``).join(', ')}.`,
  }),
  log_file: setting({
    schema: z.string().min(1).nullable(),
    usual: null,
    variable: 'MILLRACE_LOG_FILE',
    description:
      'The file that a server logs to in place of standard error; relative to the home. When it is long, another one begins, and five earlier ones are kept: `<file>.1` is the latest.',
  }),
  log_file_max_size_mb: setting({
    schema: z.number().positive(),
    usual: 16,
    variable: 'MILLRACE_LOG_FILE_MAX_SIZE_MB',
    fromText: numberFromText,
    description: 'The megabytes from which on another file begins.',
  }),
  log_statements: setting({
    schema: z.boolean(),
    usual: false,
    variable: 'MILLRACE_LOG_STATEMENTS',
    fromText: booleanFromText,
    description:
      'Whether a line is logged for each statement, whatever `log` says: time, rows, API calls, user, SQLSTATE, and its text without literals.',
  }),
  console: setting({
    schema: z.union([z.boolean(), port.max(65_535)], {
      error: 'expected true, false, or a number from 0 to 65535',
    }),
    usual: false,
    variable: 'MILLRACE_CONSOLE',
    fromText: (text) => {
      const value = booleanFromText(text)
      return typeof value === 'string' ? numberFromText(value) : value
    },
    description:
      'Whether the service serves [the console](console.md), on 127.0.0.1: `true` for a port that is free, or the port. `millrace console` opens it.',
  }),
  'monitoring.port': setting({
    schema: port.max(65_535, 'expected a number from 0 to 65535').nullable(),
    usual: null,
    variable: 'MILLRACE_MONITORING_PORT',
    fromText: numberFromText,
    description:
      'The port of `/health` and `/metrics`, by HTTP without a password; 0 for any that is free. Without it, there is none.',
  }),
  'monitoring.host': setting({
    schema: z.string().min(1),
    usual: '127.0.0.1',
    variable: 'MILLRACE_MONITORING_HOST',
    description: 'The address to listen at for them; 0.0.0.0 for all of the machine.',
  }),
  'tracing.endpoint': setting({
    schema: z.url({ protocol: /^https?$/ }).nullable(),
    usual: null,
    variable: 'MILLRACE_TRACING_ENDPOINT',
    description:
      'The URL of a collector that takes OpenTelemetry traces by OTLP over HTTP, such as `http://localhost:4318`. Without it, the variables `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` say whether there is one.',
  }),
  'shutdown.grace_seconds': setting({
    schema: z.number().min(0).max(3600),
    usual: 10,
    variable: 'MILLRACE_SHUTDOWN_GRACE_SECONDS',
    fromText: numberFromText,
    reloads: true,
    description:
      'How many seconds a server that is told to stop lets running statements and open transactions go on; 0 ends them at once.',
  }),
  watch: setting({
    schema: z.boolean(),
    usual: true,
    variable: 'MILLRACE_WATCH',
    fromText: booleanFromText,
    description:
      'Whether a server follows changes of the files by itself; otherwise it reads them on SIGHUP.',
  }),
} as const satisfies Readonly<Record<string, SettingDefinition>>

export type SettingName = keyof typeof settingTable

export type SettingValues = {
  readonly [Name in SettingName]: z.infer<(typeof settingTable)[Name]['schema']>
}

export const settingNames = Object.keys(settingTable) as readonly SettingName[]

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingTable, name)
}

/** Whether a setting's value is never to be shown. */
export function isSecretSetting(name: SettingName): boolean {
  const { secret = false }: SettingDefinition = settingTable[name]
  return secret
}

/** The first parts of names with a dot: `listen`, `cache`, `limits`. */
export const settingSections: ReadonlySet<string> = new Set(
  settingNames.flatMap((name) => (name.includes('.') ? name.split('.', 1) : [])),
)
