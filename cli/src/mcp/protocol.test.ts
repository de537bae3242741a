/** What the protocol's own conformance tool says of `millrace mcp`, of the parts that it has. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'

/** Later versions than the one that is pinned need Node.js 22. */
const tool = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/dist/index.js')

let home = ''
let server: MillraceProcess
let withPassword: Server

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-mcp-protocol-'))
  server = new MillraceProcess(['mcp', '--http', '0'], { MILLRACE_HOME: home })
  const url = new URL(await server.url())
  const password = (await readFile(join(home, 'password'), 'utf8')).trim()
  withPassword = passOn(url, `Bearer ${password}`)
  withPassword.listen(0, '127.0.0.1')
  await once(withPassword, 'listening')
}, 120_000)
afterAll(async () => {
  withPassword.close()
  await server.end('SIGTERM')
  await rm(home, { recursive: true, force: true })
})

/** The tool knows no password: everything else of what it asks is passed on as it is, the host's name included. */
function passOn({ hostname, port }: URL, authorization: string): Server {
  return createServer((asked, answer) => {
    const headers = { ...asked.headers, authorization }
    const passed = request({ hostname, port, method: asked.method, path: asked.url, headers }, (came) => {
      answer.writeHead(came.statusCode ?? 500, came.headers)
      came.pipe(answer)
    })
    passed.on('error', () => answer.destroy())
    asked.pipe(passed)
  })
}

// The others are of resources, prompts, logging and completion, which there are none of, or need tools of a given name.
it.each(['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'])(
  'conforms: %s',
  async (scenario) => {
    const url = `http://localhost:${(withPassword.address() as AddressInfo).port}/`
    const args = [tool, 'server', '--url', url, '--scenario', scenario]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(stdout).toMatch(/Passed: (\d+)\/\1, 0 failed, 0 warnings/)
  },
  30_000,
)
