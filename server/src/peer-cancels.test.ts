/** Cancel requests that reach another gateway than the one that has the session, over one PostgreSQL of the user's. */
import { once } from 'node:events'
import { connect } from 'node:net'
import pg from 'pg'
import { describe, expect, onTestFinished } from 'vitest'
import { errorOf } from './testing/error-of.js'
import { hasServer, serverTest, startGuestGateway, superuserOf } from './testing/guest-gateway.js'
import { until } from './testing/until.js'
import { ByteWriter } from './wire/byte-writer.js'
import { cancelPacket } from './wire/frontend-messages.js'

const canceled = { code: '57014', message: 'canceling statement due to user request' }

/** Sends a cancel request to a gateway. Resolves when that has passed it on. */
async function cancel(client: pg.Client, port: number): Promise<void> {
  const { processID, secretKey } = Object(client)
  const key = new ByteWriter().int32(processID).int32(secretKey).packet().subarray(4)
  const socket = connect(port, '127.0.0.1')
  socket.end(cancelPacket(key)).resume()
  await once(socket, 'close')
}

describe.runIf(hasServer)('a cancel request at another gateway', () => {
  serverTest('ends calls to APIs, and what PostgreSQL does', async ({ server }) => {
    const gateway = await startGuestGateway(server, { clientUrl: server.url('millrace') })
    onTestFinished(() => gateway.stop())
    const other = await gateway.startOther()
    const client = await gateway.connect()

    const held = gateway.holdCall()
    const asking = errorOf(client.query("select city from place where ip = '1.1.1.1'"))
    const { signal } = await held
    const aborted = once(signal, 'abort')
    await cancel(client, other.port)
    await aborted
    expect(await asking).toMatchObject(canceled)

    const admin = await superuserOf(server)
    const sleeping = errorOf(client.query('select pg_sleep(60)'))
    await until(admin, `select from pg_stat_activity where wait_event = 'PgSleep'`)
    await cancel(client, other.port)
    expect(await sleeping).toMatchObject(canceled)
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  serverTest('cannot be made, or repeated, by one who hears it', async ({ server }) => {
    const gateway = await startGuestGateway(server, {
      clientUrl: server.url('millrace'),
      readerUrl: server.url('millrace_reader'),
    })
    onTestFinished(() => gateway.stop())
    const other = await gateway.startOther()
    const client = await gateway.connect()
    // Straight to PostgreSQL, as one who may do nothing.
    const listener = new pg.Client(server.url('millrace_reader'))
    await listener.connect()
    onTestFinished(() => listener.end())
    await listener.query('listen millrace_gateways')
    const admin = await superuserOf(server)
    const heard = new Promise<string>((resolve) => {
      listener.once('notification', ({ payload = '' }) => resolve(payload))
    })
    const sleeping = errorOf(client.query('select pg_sleep(60)'))
    await until(admin, `select from pg_stat_activity where wait_event = 'PgSleep'`)
    await cancel(client, other.port)
    expect(await sleeping).toMatchObject(canceled)

    const message = await heard
    const { processID, secretKey } = Object(client)
    expect(message).toMatch(new RegExp(`^cancel ${processID} `))
    expect(message).not.toContain(String(secretKey))
    const [, nonce, proof] = message.split(' ').slice(1)
    const held = gateway.holdCall()
    const lasting = client.query("select city from place where ip = '2.2.2.2'")
    const { answer } = await held
    for (const text of [
      message,
      message.replace(String(nonce), 'a'.repeat(24)),
      `cancel ${processID} x ${proof}`,
      '',
    ]) {
      await listener.query('select pg_notify($1, $2)', ['millrace_gateways', text])
    }
    // What is heard later shows that all of that has been heard.
    const later = await gateway.connect()
    const sleepingLater = errorOf(later.query('select pg_sleep(60)'))
    await until(admin, `select from pg_stat_activity where wait_event = 'PgSleep'`)
    await cancel(later, other.port)
    expect(await sleepingLater).toMatchObject(canceled)
    answer()
    expect((await lasting).rows).toEqual([{ city: 'city of 2.2.2.2' }])
    expect((await errorOf(listener.query('select * from millrace_internal.mock_authentication'))).code).toBe(
      '42501',
    )
  })
})
