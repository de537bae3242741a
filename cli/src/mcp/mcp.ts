/** `millrace mcp`: the Model Context Protocol, https://modelcontextprotocol.io/specification */
import { once } from 'node:events'
import { StartedParts } from '@millrace/server/started-parts'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { readSettings } from '../config/settings.js'
import { listenForInterruption } from '../interruption.js'
import { readPassword } from '../password.js'
import { homeConnector } from '../query/home-connector.js'
import { untilAborted } from '../until-aborted.js'
import type { ExitCode } from '../user-error.js'
import { readVersion } from '../version.js'
import type { McpOptions } from './arguments.js'
import { mcpServer } from './server.js'

/**
 * Serves until standard input ends, or a signal comes.
 * @throws UserError where the port is taken
 */
export async function serveMcp({ http, ceilings }: McpOptions): Promise<0 | ExitCode> {
  const { signal, release } = listenForInterruption()
  const parts = new StartedParts()
  try {
    const options = { version: await readVersion(), ceilings, connect: homeConnector(parts, signal) }
    if (http !== undefined) {
      const { serveHttp } = await import('./http.js')
      const password = await readPassword(await readSettings(process.env))
      const { url } = parts.add(
        await serveHttp({ port: http, password, server: () => mcpServer(options) }),
        (started) => started.stop(),
      )
      process.stdout.write(`${url}\n`)
      await untilAborted(signal)
      return 0
    }
    const server = mcpServer(options)
    const ended = once(process.stdin, 'end', { signal }).catch(() => {})
    // Whoever reads may be gone; then standard input ends, too.
    process.stdout.on('error', () => {})
    await server.connect(new StdioServerTransport())
    parts.add(server, (started) => started.close())
    await ended
    return 0
  } finally {
    await parts.stop()
    release()
  }
}
