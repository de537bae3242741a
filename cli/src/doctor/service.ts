/** The service of the home, or the address that one would listen at. */
import { createServer } from 'node:net'
import type { ListenSettings } from '../config/settings.js'
import { answeringService } from '../service/answering.js'
import type { Finding } from './finding.js'

export async function lookAtService(home: string, listen: ListenSettings): Promise<Finding[]> {
  const running = await answeringService(home)
  if (running?.record.purpose === 'service') {
    const { host, port, pid } = running.record
    return [{ subject: 'service', state: 'ok', said: `runs at ${host}:${port} (process ${pid})` }]
  }
  return lookAtAddress(listen)
}

export async function lookAtAddress({ host, port }: ListenSettings): Promise<Finding[]> {
  const subject = 'port'
  const code = await whyNotListening(host, port)
  if (code === undefined) {
    const said = port === 0 ? `any free port of ${host}` : `port ${port} of ${host} is free`
    return [{ subject, state: 'ok', said }]
  }
  const isTaken = code === 'EADDRINUSE'
  const said = isTaken ? `port ${port} of ${host} is in use by another program` : `${host}:${port}: ${code}`
  const advice = isTaken
    ? 'millrace service start --port 9194, MILLRACE_PORT, or end that program'
    : 'choose another address: MILLRACE_HOST, MILLRACE_PORT'
  return [{ subject, state: 'problem', said, advice }]
}

function whyNotListening(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port }, () => server.close(() => resolve(undefined)))
  })
}
