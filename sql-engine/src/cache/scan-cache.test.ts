import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DatabaseError } from '../database-error.js'
import type { ScanTable } from '../stage/scan-table.js'
import { type CacheRequest, type LeasedTable, ScanCache, type ScanMaker } from './scan-cache.js'

/** Tables that were made and not dropped, by name. */
class Tables {
  readonly live = new Set<string>()
  made = 0

  maker(fetch: (signal: AbortSignal) => Promise<ScanTable> = async () => this.make()): ScanMaker {
    return { fetch: (_, signal) => fetch(signal), combine: async () => this.make() }
  }

  make(rowCount = 1, approximateBytes = 10): ScanTable {
    const name = `s_${++this.made}`
    this.live.add(name)
    const release = () => {
      expect(this.live.delete(name), `${name} is dropped once`).toBe(true)
    }
    return {
      name,
      qualifiedName: `millrace_scan.${name}`,
      oid: this.made,
      rowCount,
      approximateBytes,
      release,
    }
  }
}

function world(maxBytes = 1000) {
  const tables = new Tables()
  const clock = { time: 0 }
  const cache = new ScanCache({ maxBytes, now: () => clock.time })
  const ask = (size: bigint | undefined, more: Partial<CacheRequest> = {}) =>
    cache.get(requestFor(size, more), tables.maker())
  return { tables, clock, cache, ask }
}

function requestFor(size: bigint | undefined, more: Partial<CacheRequest> = {}): CacheRequest {
  return {
    source: 'a.t',
    keys: { size: { operators: ['='], inherent: true } },
    lookupKeys: [],
    statement: {},
    columns: new Set(['size']),
    quals: size === undefined ? {} : { size: [{ operator: '=', values: [size] }] },
    limit: undefined,
    maxAge: 100,
    signal: new AbortController().signal,
    ...more,
  }
}

/** A fetch that ends when the test says so. */
function held(tables: Tables) {
  let finish: (table: ScanTable) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const signals: AbortSignal[] = []
  const staging = new Promise<ScanTable>((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  const fetch = (signal: AbortSignal) => {
    signals.push(signal)
    return staging
  }
  return { fetch, signals, finish: () => finish(tables.make()), fail: (error: Error) => fail(error) }
}

test('rows are asked for once within their time, also by narrower questions', async () => {
  const { clock, tables, ask } = world()
  const all = await ask(undefined)
  all.release()
  clock.time = 99
  const part = await ask(5n)
  expect([all.isHit, part.isHit, part.name]).toEqual([false, true, all.name])
  part.release()
  clock.time = 101
  expect((await ask(5n)).isHit).toBe(false)
  expect([...tables.live]).toEqual(['s_2'])
})

test('a table is kept while somebody reads it, and dropped once', async () => {
  const { clock, tables, cache, ask } = world()
  const one = await ask(1n)
  const two = await ask(1n)
  clock.time = 200
  const three = await ask(1n)
  expect(tables.live).toEqual(new Set(['s_1', 's_2']))
  one.release()
  one.release()
  expect(tables.live.has('s_1')).toBe(true)
  two.release()
  expect([...tables.live]).toEqual(['s_2'])
  cache.clear()
  expect([...tables.live]).toEqual(['s_2'])
  three.release()
  expect(tables.live.size).toBe(0)
})

test('a session that wants nothing old asks anew, and leaves nothing', async () => {
  const { tables, ask } = world()
  ;(await ask(1n)).release()
  const fresh = await ask(1n, { maxAge: 0 })
  expect(fresh.isHit).toBe(false)
  fresh.release()
  expect([...tables.live]).toEqual(['s_1'])
})

test('the age of rows is that of their question, not of their end', async () => {
  const { clock, tables, cache } = world()
  const first = held(tables)
  const asking = cache.get(requestFor(1n), tables.maker(first.fetch))
  clock.time = 90
  first.finish()
  ;(await asking).release()
  clock.time = 101
  const second = held(tables)
  const anew = cache.get(requestFor(1n), tables.maker(second.fetch))
  expect(second.signals).toHaveLength(1)
  second.finish()
  ;(await anew).release()
})

test('the same question at the same time is one; a narrower one does not wait for it', async () => {
  const { tables, cache } = world()
  const [same, wider] = [held(tables), held(tables)]
  const both = [
    cache.get(requestFor(undefined), tables.maker(same.fetch)),
    cache.get(requestFor(undefined), tables.maker(wider.fetch)),
  ]
  const narrow = await cache.get(requestFor(1n), tables.maker())
  expect(narrow.isHit).toBe(false)
  same.finish()
  const [one, other] = await Promise.all(both)
  expect(wider.signals).toHaveLength(0)
  expect([one?.isHit, other?.isHit]).toEqual([false, true])
  expect(one?.name).toBe(other?.name)
})

test('a fetch goes on while anybody waits for it, and ends with the last', async () => {
  const { tables, cache } = world()
  const fetch = held(tables)
  const [first, second] = [new AbortController(), new AbortController()]
  const asking = [first, second].map(({ signal }) =>
    cache.get(requestFor(1n, { signal }), tables.maker(fetch.fetch)),
  )
  const ended = asking.map((one) => expect(one).rejects.toMatchObject({ sqlState: '57014' }))
  first.abort()
  await ended[0]
  expect(fetch.signals[0]?.aborted).toBe(false)
  second.abort()
  await ended[1]
  expect(fetch.signals[0]?.aborted).toBe(true)
  // Whoever asks now does not get what is being thrown away.
  expect((await cache.get(requestFor(1n), tables.maker())).isHit).toBe(false)
  // A fetch that came to its end all the same leaves nothing.
  fetch.finish()
  await setImmediate()
  expect(tables.live.size).toBe(1)
})

test('errors are told to all who wait, and are not kept', async () => {
  const { tables, cache, ask } = world()
  const fetch = held(tables)
  const asking = [1, 2].map(() =>
    expect(cache.get(requestFor(1n), tables.maker(fetch.fetch))).rejects.toMatchObject({ sqlState: 'HV000' }),
  )
  fetch.fail(new DatabaseError('no', { sqlState: 'HV000' }))
  await Promise.all(asking)
  expect((await ask(1n)).isHit).toBe(false)
})

test('rows that end at a limit answer nobody else; those that end before it are all', async () => {
  const { tables, cache, ask } = world()
  const limited = (rows: number) =>
    cache.get(
      requestFor(1n, { limit: 10 }),
      tables.maker(async () => tables.make(rows)),
    )
  ;(await limited(10)).release()
  expect(tables.live.size).toBe(0)
  ;(await limited(9)).release()
  expect((await ask(1n)).isHit).toBe(true)
})

test('a limit is answered from all rows', async () => {
  const { ask } = world()
  ;(await ask(1n)).release()
  expect((await ask(1n, { limit: 3 })).isHit).toBe(true)
})

test('what was not read for longest makes room', async () => {
  const { tables, ask } = world(25)
  for (const size of [1n, 2n]) (await ask(size)).release()
  ;(await ask(1n)).release()
  ;(await ask(3n)).release()
  expect([...tables.live]).toEqual(['s_1', 's_3'])
})

test('nothing that was asked for before a clearing answers what comes after it', async () => {
  const { tables, cache, ask } = world()
  const [limited, whole] = [held(tables), held(tables)]
  const asking = [
    cache.get(requestFor(1n, { limit: 10 }), tables.maker(limited.fetch)),
    cache.get(requestFor(2n), tables.maker(whole.fetch)),
  ]
  cache.clear()
  limited.finish()
  whole.finish()
  for (const table of await Promise.all(asking)) {
    expect(tables.live.has(table.name)).toBe(true)
    table.release()
  }
  expect(tables.live.size).toBe(0)
  expect((await ask(1n)).isHit).toBe(false)
  expect((await ask(2n)).isHit).toBe(false)
})

test('one source is cleared, others are not', async () => {
  const { cache, ask } = world()
  for (const source of ['a.t', 'b.t']) (await ask(1n, { source })).release()
  cache.clear('a.t')
  expect((await ask(1n, { source: 'b.t' })).isHit).toBe(true)
  expect((await ask(1n, { source: 'a.t' })).isHit).toBe(false)
})

test('tables of other sources are not looked at', async () => {
  const { ask } = world()
  ;(await ask(1n)).release()
  expect((await ask(1n, { source: 'b.t' })).isHit).toBe(false)
})

describe('scans of one statement', () => {
  const statement = {}
  const fresh = { statement, maxAge: 0 }

  test('share what nobody else gets, for as long as one of them reads it', async () => {
    const { tables, ask } = world()
    const all = await ask(undefined, fresh)
    const part = await ask(1n, fresh)
    expect([part.name, part.isHit, part.isShared]).toEqual([all.name, true, true])
    expect((await ask(1n, { maxAge: 0 })).isHit).toBe(false)
    all.release()
    expect(tables.live.has(all.name)).toBe(true)
    part.release()
    expect(tables.live.has(all.name)).toBe(false)
    expect((await ask(undefined, fresh)).isHit).toBe(false)
  })

  test('wait for a wider one, which others do not', async () => {
    const { tables, cache, ask } = world()
    const wider = held(tables)
    const all = cache.get(requestFor(undefined, fresh), tables.maker(wider.fetch))
    const part = ask(1n, fresh)
    expect((await ask(1n)).isHit).toBe(false)
    wider.finish()
    expect((await part).name).toBe((await all).name)
  })

  test('find what has been thrown away, forgotten or become too old since they asked', async () => {
    const { clock, cache, ask } = world(5)
    const known = await ask(1n, { statement })
    cache.clear()
    clock.time = 1000
    const again = await ask(1n, { statement })
    expect([again.name, again.isShared]).toEqual([known.name, true])
    expect((await ask(1n)).isHit).toBe(false)
  })

  test('are told apart from those of the statement that has asked', async () => {
    const { ask } = world()
    await ask(1n)
    const kept = await ask(1n, { statement })
    expect([kept.isHit, kept.isShared]).toEqual([true, false])
  })

  test('do not share what ended at a limit, nor what has failed', async () => {
    const { tables, cache, ask } = world()
    const limited = (rows: number) =>
      cache.get(
        requestFor(1n, { ...fresh, limit: 10 }),
        tables.maker(async () => tables.make(rows)),
      )
    await limited(10)
    expect((await limited(9)).isHit).toBe(false)
    expect((await ask(1n, fresh)).isShared).toBe(true)
    const failing = held(tables)
    const asking = cache.get(requestFor(2n, fresh), tables.maker(failing.fetch))
    failing.fail(new DatabaseError('no', { sqlState: 'HV000' }))
    await expect(asking).rejects.toMatchObject({ sqlState: 'HV000' })
    expect((await ask(2n, fresh)).isHit).toBe(false)
  })
})

test('whatever happens, tables are dropped once, none is dropped while it is read, none is left', async () => {
  const statements = [{}, {}]
  const step = fc.oneof(
    fc.record({
      do: fc.constant('ask' as const),
      size: fc.option(fc.bigInt({ min: 0n, max: 3n }), { nil: undefined }),
      maxAge: fc.constantFrom(0, 50, 100),
      statement: fc.constantFrom(...statements),
      limit: fc.constantFrom(undefined, 1, 2),
    }),
    fc.record({ do: fc.constant('release' as const), which: fc.nat(10) }),
    fc.record({ do: fc.constant('wait' as const), time: fc.nat(80) }),
    fc.record({ do: fc.constant('clear' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { tables, clock, cache, ask } = world(35)
      const leased: LeasedTable[] = []
      for (const one of steps) {
        if (one.do === 'ask') leased.push(await ask(one.size, one))
        else if (one.do === 'release') leased.splice(one.which % Math.max(leased.length, 1), 1)[0]?.release()
        else if (one.do === 'wait') clock.time += one.time
        else cache.clear()
        for (const { name } of leased) expect(tables.live.has(name)).toBe(true)
      }
      for (const table of leased) table.release()
      cache.clear()
      expect(tables.live.size).toBe(0)
    }),
  )
})
