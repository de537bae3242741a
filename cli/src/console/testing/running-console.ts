/** `millrace console` as users start it: a process of its own over the sandbox, with the page built. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { buildCommand, MillraceProcess } from '../../testing/millrace-process.js'

export interface RunningConsole {
  readonly sandbox: Sandbox
  /** What the command has printed: it lets one browser in, once. */
  readonly url: string
  readonly origin: string
  readonly home: string
  stop(): Promise<void>
}

export async function startConsole(args: readonly string[] = []): Promise<RunningConsole> {
  await buildCommand()
  const home = await mkdtemp(join(tmpdir(), 'millrace-console-'))
  // PostgreSQL has another account where root runs the tests.
  await chmod(home, 0o711)
  const sandbox = await startSandbox()
  const millrace = new MillraceProcess(['console', '--no-open', ...args], {
    ...sandbox.environment,
    MILLRACE_HOME: home,
  })
  const url = await millrace.url()
  return {
    sandbox,
    url,
    origin: new URL(url).origin,
    home,
    stop: async () => {
      await millrace.end('SIGTERM')
      await sandbox.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Sends whatever headers it is told to, those that fetch would not let a page choose included. */
export function ask(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body?: unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      )
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
