import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './sandbox.js'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await startSandbox()
})
afterEach(() => sandbox.stop())

async function control(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, json: await response.json() }
}

const locate = async (address: string) =>
  (await fetch(`${sandbox.environment.IPSTACK_ENDPOINT}/${address}?access_key=sandbox-token`)).status

test('calls are shown, picked and forgotten', async () => {
  await locate('8.8.8.8')
  await locate('8.8.8.8,8.8.4.4')
  expect((await control('GET', 'calls')).json).toMatchObject({
    inFlight: 0,
    maxInFlight: 1,
    calls: [
      { operation: 'lookup' },
      { operation: 'bulk', parameters: { addresses: ['8.8.8.8', '8.8.4.4'] } },
    ],
  })
  expect((await control('GET', 'calls?service=ipstack&operation=bulk')).json).toMatchObject({
    calls: [{ operation: 'bulk' }],
  })
  await control('DELETE', 'calls')
  expect((await control('GET', 'calls')).json).toMatchObject({ calls: [] })
})

test('faults are set all at once', async () => {
  const faults = [{ kind: 'error', status: 503, service: 'ipstack' }]
  expect(await control('PUT', 'faults', faults)).toEqual({ status: 200, json: faults })
  expect(await locate('8.8.8.8')).toBe(503)
  expect((await control('GET', 'faults')).json).toEqual(faults)
  await control('DELETE', 'faults')
  expect(await locate('8.8.8.8')).toBe(200)
  await control('PUT', 'faults', faults)
  expect((await control('PUT', 'faults', [{ kind: 'nonsense' }])).status).toBe(400)
  // What is refused changes nothing.
  expect((await control('GET', 'faults')).json).toEqual(faults)
})

test('events are generated, or put as they are', async () => {
  const { json } = await control('POST', 'events', {
    logGroup: 'g',
    count: 1000,
    startTime: 0,
    intervalMs: 1,
  })
  expect(json).toMatchObject({ logGroup: 'g', region: 'us-east-1', count: 1000, firstTimestamp: 0 })
  expect(sandbox.logs.group('us-east-1', 'g')?.sources[0]?.length).toBe(1000)
  const events = [{ message: 'x', timestamp: 5, logStreamName: 's' }]
  expect((await control('POST', 'events', { logGroup: 'h', region: 'eu-west-1', events })).json).toEqual({
    logGroup: 'h',
    region: 'eu-west-1',
    count: 1,
  })
  expect(sandbox.logs.group('eu-west-1', 'h')?.sources[0]?.eventAt(0)).toMatchObject(events[0] ?? {})
})

test('paging is changed in part', async () => {
  expect((await control('PUT', 'paging', { maxEvents: 10 })).json).toMatchObject({
    maxEvents: 10,
    maxBytes: 1_048_576,
  })
  expect(sandbox.paging.maxEvents).toBe(10)
})

test.each([
  ['GET', 'nothing', undefined, 404],
  ['PATCH', 'calls', undefined, 404],
  ['PUT', 'faults', 'not json', 400],
  ['POST', 'events', { logGroup: 'g' }, 400],
  ['POST', 'events', { logGroup: 'g', count: 1, distinctAddresses: 2_000_000 }, 400],
  ['POST', 'events', { logGroup: 'g', count: -1 }, 400],
  ['PUT', 'paging', { maxEvents: 0 }, 400],
])('%s %s %j is refused', async (method, path, body, status) => {
  expect(await control(method, path, body)).toEqual({ status, json: { error: expect.any(String) } })
})
