import { connect } from 'node:net'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { Agent, request } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sandboxCredentials } from './credentials.js'
import type { Fault } from './faults.js'
import { type Sandbox, startSandbox } from './sandbox.js'

let sandbox: Sandbox
let agent: Agent

beforeEach(async () => {
  sandbox = await startSandbox()
  agent = new Agent()
})
afterEach(async () => {
  await agent.destroy()
  await sandbox.stop()
})

interface Reply {
  readonly status: number
  readonly text: string
}

async function locate(address: string, signal?: AbortSignal): Promise<Reply> {
  const url = `${sandbox.environment.IPSTACK_ENDPOINT}/${address}?access_key=${sandbox.environment.IPSTACK_TOKEN}`
  const { statusCode, body } = await request(url, { dispatcher: agent, ...(signal && { signal }) })
  return { status: statusCode, text: await body.text() }
}

async function filterLogEvents(): Promise<string> {
  const client = new CloudWatchLogsClient({
    endpoint: sandbox.url,
    region: 'us-east-1',
    credentials: sandboxCredentials,
    maxAttempts: 1,
  })
  try {
    await client.send(new FilterLogEventsCommand({ logGroupName: 'cloudtrail-cwg-devto' }))
    return 'answered'
  } catch (error) {
    const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
    return `${name} ${$metadata?.httpStatusCode ?? ''}`.trim()
  } finally {
    client.destroy()
  }
}

describe('faults', () => {
  test('latency, which adds up', async () => {
    sandbox.faults.add({ kind: 'latency', milliseconds: 20 })
    sandbox.faults.add({ kind: 'latency', milliseconds: 30, operation: 'lookup' })
    await locate('8.8.8.8')
    const [call] = sandbox.calls.list()
    expect((call?.endedAt ?? 0) - (call?.startedAt ?? 0)).toBeGreaterThanOrEqual(49)
    expect(call?.faults).toEqual(['latency', 'latency'])
  })

  test.each<[Fault, string, Reply]>([
    [
      { kind: 'throttle' },
      'ThrottlingException 400',
      { status: 429, text: expect.stringContaining('"code":104') },
    ],
    [
      { kind: 'throttle', code: 'TooManyRequestsException', status: 429 },
      'TooManyRequestsException 429',
      { status: 429, text: expect.stringContaining('"success":false') },
    ],
    [
      { kind: 'error' },
      'InternalFailure 500',
      { status: 500, text: expect.stringContaining('"success":false') },
    ],
    [
      { kind: 'error', status: 503, code: 'ServiceUnavailableException' },
      'ServiceUnavailableException 503',
      { status: 503, text: expect.stringContaining('ServiceUnavailableException') },
    ],
  ])('%j', async (fault, aws, ipstack) => {
    sandbox.faults.add({ ...fault, times: 2 })
    expect(await filterLogEvents()).toBe(aws)
    expect(await locate('8.8.8.8')).toEqual(ipstack)
    expect(await filterLogEvents()).toBe('answered')
  })

  test.each([undefined, 0, 1, 1_000_000])('a connection that breaks after %s bytes', async (afterBytes) => {
    sandbox.faults.add({ kind: 'cut', times: 1, ...(afterBytes !== undefined && { afterBytes }) })
    await expect(locate('8.8.8.8')).rejects.toThrow()
    await sandbox.calls.idle()
    expect(sandbox.calls.list()).toMatchObject([{ status: 200, aborted: false, faults: ['cut'] }])
    expect((await locate('8.8.8.8')).status).toBe(200)
  })

  test('no answer, until the client gives up', async () => {
    sandbox.faults.add({ kind: 'hang' })
    const giveUp = new AbortController()
    const begun = sandbox.calls.next()
    const answer = locate('8.8.8.8', giveUp.signal)
    const call = await begun
    expect(call.endedAt).toBeUndefined()
    giveUp.abort()
    await expect(answer).rejects.toThrow()
    await sandbox.calls.idle()
    expect(call).toMatchObject({ aborted: true, status: undefined, faults: ['hang'] })
  })

  test('for some calls only: by service, operation, number and share', async () => {
    const remove = sandbox.faults.add({
      kind: 'error',
      service: 'ipstack',
      operation: 'lookup',
      after: 1,
      times: 2,
    })
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await locate('8.8.8.8')).status)
    expect(statuses).toEqual([200, 500, 500, 200])
    expect(await filterLogEvents()).toBe('answered')
    expect(sandbox.faults.list()).toEqual([])
    remove()
    sandbox.faults.add({ kind: 'error', rate: 0.5 })
    let failed = 0
    for (let i = 0; i < 100; i++) if ((await locate('8.8.8.8')).status === 500) failed++
    expect(failed).toBeGreaterThan(25)
    expect(failed).toBeLessThan(75)
    sandbox.faults.clear()
    expect((await locate('8.8.8.8')).status).toBe(200)
  })

  test('only beyond a rate', async () => {
    sandbox.faults.add({ kind: 'throttle', perSecond: 1 })
    const replies = await Promise.all(Array.from({ length: 10 }, () => locate('8.8.8.8')))
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1)
    expect(replies.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
  })
})

describe('the log of calls', () => {
  test('what was asked, where, and what came of it', async () => {
    await filterLogEvents()
    await locate('8.8.8.8')
    await sandbox.calls.idle()
    expect(sandbox.calls.list()).toMatchObject([
      {
        id: 1,
        service: 'logs',
        operation: 'FilterLogEvents',
        region: 'us-east-1',
        parameters: { logGroupName: 'cloudtrail-cwg-devto' },
        inFlightAtStart: 1,
        status: 200,
        aborted: false,
        faults: [],
      },
      { id: 2, service: 'ipstack', operation: 'lookup', parameters: { addresses: ['8.8.8.8'] } },
    ])
    expect(sandbox.calls.count({ service: 'logs' })).toBe(1)
    expect(sandbox.calls.count({ operation: 'bulk' })).toBe(0)
    sandbox.calls.clear()
    expect(sandbox.calls.list()).toEqual([])
  })

  test('how many were in flight', async () => {
    sandbox.faults.add({ kind: 'hang' })
    const giveUp = new AbortController()
    const answers = Array.from({ length: 8 }, (_, i) => locate(`8.8.8.${i}`, giveUp.signal))
    await sandbox.calls.until(({ inFlight }) => inFlight === 8)
    giveUp.abort()
    await Promise.allSettled(answers)
    await sandbox.calls.idle()
    sandbox.faults.clear()
    await locate('8.8.8.8')
    expect(sandbox.calls.list().map(({ inFlightAtStart }) => inFlightAtStart)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 1,
    ])
    expect(sandbox.calls.maxInFlight()).toBe(8)
  })

  test('the next call of a kind can be awaited', async () => {
    const next = sandbox.calls.next(({ operation }) => operation === 'bulk')
    await locate('8.8.8.8')
    await locate('8.8.8.8,8.8.4.4')
    expect(await next).toMatchObject({ operation: 'bulk', id: 2 })
  })

  test('a client that goes away ends its call', async () => {
    sandbox.faults.add({ kind: 'latency', milliseconds: 60_000 })
    const begun = sandbox.calls.next()
    const socket = connect(Number(new URL(sandbox.url).port), '127.0.0.1')
    socket.write('GET /ipstack/8.8.8.8?access_key=sandbox-token HTTP/1.1\r\nHost: x\r\n\r\n')
    const call = await begun
    socket.destroy()
    await sandbox.calls.until(() => call.aborted)
    expect(sandbox.calls.inFlight).toBe(0)
  })

  test('a scan of many events stops when nobody waits for it', async () => {
    sandbox.generateEvents({ logGroup: 'huge', count: 1_000_000_000 })
    const client = new CloudWatchLogsClient({
      endpoint: sandbox.url,
      region: 'us-east-1',
      credentials: sandboxCredentials,
    })
    const giveUp = new AbortController()
    const begun = sandbox.calls.next()
    const input = { logGroupName: 'huge', filterPattern: '{ $.eventName = "nothing of the sort" }' }
    const answer = client.send(new FilterLogEventsCommand(input), { abortSignal: giveUp.signal })
    const call = await begun
    giveUp.abort()
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
    await sandbox.calls.until(() => call.aborted)
    client.destroy()
  })
})

describe('stop', () => {
  test('ends calls that wait and connections that idle, and lets go of the port', async () => {
    await locate('8.8.8.8')
    sandbox.faults.add({ kind: 'hang' })
    const begun = sandbox.calls.next()
    const answer = locate('8.8.8.8').catch((error: unknown) => error)
    await begun
    await sandbox.stop()
    expect(await answer).toBeInstanceOf(Error)
    expect(sandbox.calls.inFlight).toBe(0)
    await sandbox.stop()
    const again = await startSandbox({ port: Number(new URL(sandbox.url).port) })
    expect(again.url).toBe(sandbox.url)
    await expect(startSandbox({ port: Number(new URL(again.url).port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    await again.stop()
  })
})

test('requests for nobody are refused and not logged', async () => {
  const { statusCode } = await request(`${sandbox.url}/`, { method: 'PUT', dispatcher: agent })
  expect(statusCode).toBe(404)
  expect(sandbox.calls.list()).toEqual([])
})
