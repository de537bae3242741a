/** Runs the sandbox alone: `node sandbox/dist/main.js [--port N] [--host ADDRESS]`. */
import { parseArgs } from 'node:util'
import { startSandbox } from './sandbox.js'

const usage = `Usage: node sandbox/dist/main.js [--port N] [--host ADDRESS]

Stand-ins for the APIs of AWS, ipstack, AbuseIPDB and Shodan, and for DNS, on
this machine.

  --port N         the port to listen on; any free one by default
  --host ADDRESS   the address to listen on; 127.0.0.1 by default
`

function readArguments() {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string' }, host: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    const port = Number(values.port ?? 0)
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`--port ${values.port} is no port`)
    return { port, host: values.host ?? '127.0.0.1', help: values.help === true }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(2)
  }
}

/** The environment as lines for a POSIX shell. */
function shellLines(environment: Readonly<Record<string, string>>): string {
  const entries = Object.entries(environment)
  const unset = entries.filter(([, value]) => value === '').map(([name]) => name)
  const lines = entries
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`)
  return [...lines, `unset ${unset.join(' ')}`].join('\n')
}

const { help, ...options } = readArguments()
if (help) {
  process.stdout.write(usage)
} else {
  const sandbox = await startSandbox(options).catch((error: unknown) => {
    process.stderr.write(
      `The sandbox could not be started: ${error instanceof Error ? error.message : error}\n`,
    )
    process.exit(1)
  })
  process.stdout.write(
    `${sandbox.url}\n\n${shellLines(sandbox.environment)}\n` +
      `# settings of the plugin net: ${JSON.stringify(sandbox.netSettings)}\n`,
  )
  const stop = () => void sandbox.stop()
  process.once('SIGINT', stop).once('SIGTERM', stop)
}
