/** Several gateways over one PostgreSQL, asked whatever comes, by many at once, while caches are cleared and ways are cut. */
import fc from 'fast-check'
import type pg from 'pg'
import { describe, expect, onTestFinished } from 'vitest'
import { type GuestGateway, hasServer, serverTest, startGuestGateway } from './testing/guest-gateway.js'

const numRuns = Number(process.env.SHARED_ROWS_RUNS ?? 4)
const gatewayCount = 3

type Step =
  | { readonly kind: 'range'; readonly gateway: number; readonly from: number; readonly length: number }
  | { readonly kind: 'list'; readonly gateway: number; readonly list: readonly number[] }
  | { readonly kind: 'lookup'; readonly gateway: number; readonly list: readonly number[] }
  | { readonly kind: 'all'; readonly gateway: number; readonly limit: number }
  | { readonly kind: 'clear'; readonly gateway: number }
  | { readonly kind: 'cancel'; readonly gateway: number; readonly from: number }

const gateway = fc.nat(gatewayCount - 1)
const list = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('range' as const),
      gateway,
      from: fc.nat(90),
      length: fc.nat(40),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      gateway,
      list: fc.array(fc.nat(99), { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('lookup' as const), gateway, list }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('all' as const),
      gateway,
      limit: fc.integer({ min: 1, max: 120 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), gateway }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), gateway, from: fc.nat(90) }) },
)

const numbers = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
const unique = (values: readonly number[]) => [...new Set(values)].sort((one, other) => one - other)

async function take(client: pg.Client, one: Step): Promise<void> {
  switch (one.kind) {
    case 'range': {
      const { from, length } = one
      const { rows } = await client.query(
        `select at::int, name from event where at >= ${from} and at < ${from + length} order by 1`,
      )
      expect(rows).toEqual(
        numbers(from, Math.min(100, from + length)).map((at) => ({ at, name: `event ${at}` })),
      )
      return
    }
    case 'list': {
      const { rows } = await client.query(
        `select at::int from event where at in (${one.list.join(', ')}) order by 1`,
      )
      expect(rows.map(({ at }) => at)).toEqual(unique(one.list))
      return
    }
    case 'lookup': {
      const ips = one.list.map((n) => `'${n}.${n}.${n}.${n}'`)
      const { rows } = await client.query(`select name from host where ip in (${ips.join(', ')}) order by 1`)
      const there = unique(one.list).flatMap((n) => (n > 3 ? [] : n === 3 ? [3, 3] : [n]))
      expect(rows.map(({ name }) => name)).toEqual(there.map((n) => `host at ${n}.${n}.${n}.${n}`))
      return
    }
    case 'all': {
      const { rows } = await client.query(`select at from event limit ${one.limit}`)
      expect(rows).toHaveLength(Math.min(100, one.limit))
      return
    }
    case 'clear':
      await client.query('select millrace.cache_clear()')
      return
    case 'cancel': {
      // Whoever waits for the same rows at another gateway gets them all the same.
      await client.query(`set statement_timeout = 1`)
      await client.query(`select count(*) from event where at > ${one.from}`).catch((error: unknown) => {
        expect(Object(error).code).toBe('57014')
      })
      await client.query('reset statement_timeout')
    }
  }
}

describe.runIf(hasServer)('gateways over one database', () => {
  serverTest(
    'give the right rows, whatever is asked of them at the same time',
    { timeout: 120_000 },
    async ({ server }) => {
      const gateways: GuestGateway[] = []
      for (const home of ['one', 'two', 'three']) {
        const one = await startGuestGateway(server, {
          cache: { ttl: 600_000, maxBytes: 200_000 },
          clientUrl: server.url('millrace'),
          heartbeat: 200,
          home,
        })
        onTestFinished(() => one.stop())
        gateways.push(one)
      }
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 6, maxLength: 6 }),
          async (clients) => {
            await Promise.all(
              clients.map(async (steps, index) => {
                const connections = await Promise.all(gateways.map((one) => one.connect()))
                for (const one of steps) {
                  const client = connections[(one.gateway + index) % gatewayCount]
                  if (client !== undefined) await take(client, one)
                }
                await Promise.all(connections.map((client) => client.end()))
              }),
            )
          },
        ),
        { numRuns },
      )
    },
  )
})
