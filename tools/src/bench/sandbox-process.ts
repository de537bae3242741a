/** The sandbox in a process of its own, so that what it does takes no time from what is measured. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '@millrace/sandbox/sandbox'

export interface SandboxProcess {
  readonly environment: Readonly<Record<string, string>>
  /** Asks the sandbox's control, such as `PUT faults`. */
  control(request: string, body?: unknown): Promise<unknown>
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
    stop: async () => {
      child.send('stop')
      await once(child, 'exit')
    },
  }
}

async function run(): Promise<void> {
  const { url, environment, stop } = await startSandbox()
  process.send?.({ url, environment })
  await Promise.race([once(process, 'message'), once(process, 'disconnect')])
  await stop()
  if (process.connected) process.disconnect()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run()
