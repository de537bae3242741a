/** The sandbox in a process of its own, so that what it does takes no time from what is measured. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type GenerateTrailOptions, generateTrailFiles } from '@millrace/sandbox/data/generated-trail'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'

export interface SandboxProcess {
  readonly environment: Readonly<Record<string, string>>
  /** Asks the sandbox's control, such as `PUT faults`. */
  control(request: string, body?: unknown): Promise<unknown>
  /**
   * Puts the log files of a generated trail into its bucket.
   * @param folder where they are written to, and read from; without one, they are in memory
   * @returns their keys
   */
  generateTrail(options: GenerateTrailOptions, folder?: string): Promise<readonly string[]>
  stop(): Promise<void>
}

export async function startSandboxProcess(): Promise<SandboxProcess> {
  const child = fork(fileURLToPath(import.meta.url))
  const [{ url, environment }] = await once(child, 'message')
  return {
    environment,
    control: async (request, body) => {
      const [method, path] = request.split(' ')
      const response = await fetch(`${url}/_sandbox/${path}`, {
        ...(method === undefined ? {} : { method }),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const answer: unknown = await response.json()
      if (!response.ok) throw new Error(`${request}: ${JSON.stringify(answer)}`)
      return answer
    },
    generateTrail: async (options, folder) => {
      const answer = once(child, 'message')
      child.send({ options, folder })
      const [keys] = await answer
      return keys
    },
    stop: async () => {
      child.send('stop')
      await once(child, 'exit')
    },
  }
}

async function run(): Promise<void> {
  const sandbox = await startSandbox()
  process.send?.({ url: sandbox.url, environment: sandbox.environment })
  const disconnected = once(process, 'disconnect')
  for (;;) {
    const [message] = await Promise.race([once(process, 'message'), disconnected])
    if (typeof message !== 'object') break
    process.send?.(await generateTrail(sandbox, message))
  }
  await sandbox.stop()
  if (process.connected) process.disconnect()
}

interface TrailRequest {
  readonly options: GenerateTrailOptions
  readonly folder: string | undefined
}

async function generateTrail(
  sandbox: Sandbox,
  { options, folder }: TrailRequest,
): Promise<readonly string[]> {
  return folder === undefined
    ? sandbox.generateTrail(options)
    : generateTrailFiles(sandbox.buckets, options, folder)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run()
