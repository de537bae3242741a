import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { DatabaseError } from '../../database-error.js'
import type { StagedTable } from '../../stage/scan-table.js'
import type { CacheRequest, LeasedTable, ScanMaker } from './cache-request.js'
import { ScanCache } from './scan-cache.js'

/** Tables that were made and not dropped, by name. */
class Tables {
  readonly live = new Set<string>()
  made = 0

  maker(fetch: (signal: AbortSignal) => Promise<StagedTable> = async () => this.make()): ScanMaker {
    return {
      fetch: (_, signal) => fetch(signal),
      combine: async () => this.make(),
      readPeer: async () => this.make(),
    }
  }

  make(rowCount = 1, diskBytes = 10, missing: StagedTable['missing'] = []): StagedTable {
    const name = `s_${++this.made}`
    this.live.add(name)
    const release = () => {
      expect(this.live.delete(name), `${name} is dropped once`).toBe(true)
    }
    return {
      name,
      qualifiedName: `pg_millrace_scan.${name}`,
      oid: this.made,
      rowCount,
      missing,
      measure: async () => diskBytes,
      release,
    }
  }
}

function harness(maxBytes = 1000) {
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
  let finish: (table: StagedTable) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const signals: AbortSignal[] = []
  const staging = new Promise<StagedTable>((resolve, reject) => {
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
  const { clock, tables, ask } = harness()
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
  const { clock, tables, cache, ask } = harness()
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
  const { tables, ask } = harness()
  ;(await ask(1n)).release()
  const fresh = await ask(1n, { maxAge: 0 })
  expect(fresh.isHit).toBe(false)
  fresh.release()
  expect([...tables.live]).toEqual(['s_1'])
})

test('a session that wants younger rows than are kept asks anew', async () => {
  const { clock, ask } = harness()
  ;(await ask(1n)).release()
  clock.time = 60
  expect((await ask(1n, { maxAge: 50 })).isHit).toBe(false)
})

test('the age of rows is that of their question, not of their end', async () => {
  const { clock, tables, cache } = harness()
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
  const { tables, cache } = harness()
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

test('questions with the same limit at the same time are one; nobody waits for more rows than a limit leaves', async () => {
  const { tables, cache } = harness()
  const [all, limited, again] = [held(tables), held(tables), held(tables)]
  const limit = { rows: 1, order: undefined }
  const whole = cache.get(requestFor(undefined), tables.maker(all.fetch))
  const both = [limited, again].map(({ fetch }) =>
    cache.get(requestFor(undefined, { limit }), tables.maker(fetch)),
  )
  limited.finish()
  const [one, other] = await Promise.all(both)
  expect(again.signals).toHaveLength(0)
  expect([one?.name, one?.isHit]).toEqual([other?.name, false])
  expect(other?.isHit).toBe(true)
  // Who comes later does not find them: they may not be all.
  const more = await cache.get(
    requestFor(undefined, { limit: { rows: 2, order: undefined } }),
    tables.maker(),
  )
  expect(more.isHit).toBe(false)
  all.finish()
  for (const table of [await whole, one, other, more]) table?.release()
  cache.clear()
  expect(tables.live.size).toBe(0)
})

test('the first rows by an order are no answer for any rows, nor for the first by another', async () => {
  const { tables, cache } = harness()
  const orders = [
    undefined,
    { column: 'size', direction: 'asc' },
    { column: 'size', direction: 'desc' },
    { column: 'time', direction: 'desc' },
    { column: 'time', direction: 'desc' },
  ] as const
  const fetches = orders.map(() => held(tables))
  const asked = fetches.map(({ fetch }, index) =>
    cache.get(requestFor(undefined, { limit: { rows: 1, order: orders[index] } }), tables.maker(fetch)),
  )
  for (const { finish } of fetches) finish()
  const got = await Promise.all(asked)
  expect(got.map(({ isHit }) => isHit)).toEqual([false, false, false, false, true])
})

test('rows that end at a limit are no part of a question without one', async () => {
  const { tables, cache } = harness()
  const limited = held(tables)
  const asked = {
    lookupKey: 'size',
    keys: { size: { operators: ['='], inherent: true, valuesPerCall: 5 } },
  } as const
  const first = cache.get(
    requestFor(1n, { ...asked, limit: { rows: 1, order: undefined } }),
    tables.maker(limited.fetch),
  )
  const quals = { size: [{ operator: '=', values: [1n, 2n] }] } as const
  const second = await cache.get(requestFor(1n, { ...asked, quals }), tables.maker())
  expect(second.isHit).toBe(false)
  limited.finish()
  await first
})

test('a fetch goes on while anybody waits for it, and ends with the last', async () => {
  const { tables, cache } = harness()
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
  const { tables, cache, ask } = harness()
  const fetch = held(tables)
  const asking = [1, 2].map(() =>
    expect(cache.get(requestFor(1n), tables.maker(fetch.fetch))).rejects.toMatchObject({ sqlState: 'HV000' }),
  )
  fetch.fail(new DatabaseError('no', { sqlState: 'HV000' }))
  await Promise.all(asking)
  expect((await ask(1n)).isHit).toBe(false)
})

test('rows of which some are missing are given to all who wait, who can tell, and are not kept', async () => {
  const { tables, cache, ask } = harness()
  const error = new DatabaseError('no', { sqlState: 'HV000' })
  const missing = [{ kind: 'rows' as const, part: 'rows of region x', error }]
  let finish = () => {}
  const begun = new Promise<void>((resolve) => {
    finish = resolve
  })
  const incomplete = tables.maker(async () => {
    await begun
    return tables.make(1, 10, missing)
  })
  const asking = [1, 2].map(() => cache.get(requestFor(1n), incomplete))
  finish()
  const [one, other] = await Promise.all(asking)
  expect([one?.missing, other?.missing, other?.isHit]).toEqual([missing, missing, true])
  expect(one?.name).toBe(other?.name)
  const anew = await ask(1n)
  expect([anew.isHit, anew.missing]).toEqual([false, []])
  for (const table of [one, other, anew]) table?.release()
  expect([...tables.live]).toEqual([anew.name])
})

test('rows that end at a limit answer nobody else; those that end before it are all', async () => {
  const { tables, cache, ask } = harness()
  const limited = (rows: number) =>
    cache.get(
      requestFor(1n, { limit: { rows: 10, order: undefined } }),
      tables.maker(async () => tables.make(rows)),
    )
  ;(await limited(10)).release()
  expect(tables.live.size).toBe(0)
  ;(await limited(9)).release()
  expect((await ask(1n)).isHit).toBe(true)
})

test('a limit is answered from all rows', async () => {
  const { ask } = harness()
  ;(await ask(1n)).release()
  expect((await ask(1n, { limit: { rows: 3, order: undefined } })).isHit).toBe(true)
})

test('what was not read for longest makes room', async () => {
  const { tables, ask } = harness(25)
  for (const size of [1n, 2n]) (await ask(size)).release()
  ;(await ask(1n)).release()
  ;(await ask(3n)).release()
  expect([...tables.live]).toEqual(['s_1', 's_3'])
})

test('what is larger than all that may be kept is not kept, and drives nothing out', async () => {
  const { tables, cache, ask } = harness(25)
  ;(await ask(1n)).release()
  const large = await cache.get(
    requestFor(2n),
    tables.maker(async () => tables.make(1, 26)),
  )
  expect(tables.live.size).toBe(2)
  large.release()
  expect([...tables.live]).toEqual(['s_1'])
  expect((await ask(1n)).isHit).toBe(true)
})

test('nothing that was asked for before a clearing answers what comes after it', async () => {
  const { tables, cache, ask } = harness()
  const [limited, whole] = [held(tables), held(tables)]
  const asking = [
    cache.get(requestFor(1n, { limit: { rows: 10, order: undefined } }), tables.maker(limited.fetch)),
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

describe('tables whose time is over are dropped, though nobody asks', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    return () => void vi.useRealTimers()
  })

  async function pass(clock: { time: number }, milliseconds: number) {
    clock.time += milliseconds
    await vi.advanceTimersByTimeAsync(milliseconds)
  }

  test('those that come later and go sooner, too', async () => {
    const { tables, clock, ask } = harness()
    ;(await ask(1n, { maxAge: 100_000 })).release()
    ;(await ask(2n, { maxAge: 1_000 })).release()
    await pass(clock, 2_000)
    expect([...tables.live]).toEqual(['s_1'])
    await pass(clock, 100_000)
    expect(tables.live.size).toBe(0)
  })

  test('a year is no timer that runs at once, and again and again', async () => {
    const { tables, clock, ask } = harness()
    const year = 31_536_000_000
    ;(await ask(1n, { maxAge: year })).release()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    await pass(clock, 10_000)
    expect(timers).not.toHaveBeenCalled()
    await pass(clock, year)
    expect(tables.live.size).toBe(0)
  })
})

test('one source is cleared, others are not', async () => {
  const { cache, ask } = harness()
  for (const source of ['a.t', 'b.t']) (await ask(1n, { source })).release()
  cache.clear('a.t')
  expect((await ask(1n, { source: 'b.t' })).isHit).toBe(true)
  expect((await ask(1n, { source: 'a.t' })).isHit).toBe(false)
})

test('tables of other sources are not looked at', async () => {
  const { ask } = harness()
  ;(await ask(1n)).release()
  expect((await ask(1n, { source: 'b.t' })).isHit).toBe(false)
})

describe('scans of one statement', () => {
  const statement = {}
  const fresh = { statement, maxAge: 0 }

  test('share what nobody else gets, for as long as one of them reads it', async () => {
    const { tables, ask } = harness()
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
    const { tables, cache, ask } = harness()
    const wider = held(tables)
    const all = cache.get(requestFor(undefined, fresh), tables.maker(wider.fetch))
    const part = ask(1n, fresh)
    expect((await ask(1n)).isHit).toBe(false)
    wider.finish()
    expect((await part).name).toBe((await all).name)
  })

  test('find what has been thrown away, forgotten or become too old since they asked', async () => {
    const { clock, cache, ask } = harness(5)
    const known = await ask(1n, { statement })
    cache.clear()
    clock.time = 1000
    const again = await ask(1n, { statement })
    expect([again.name, again.isShared]).toEqual([known.name, true])
    expect((await ask(1n)).isHit).toBe(false)
  })

  test('are told apart from those of the statement that has asked', async () => {
    const { ask } = harness()
    await ask(1n)
    const kept = await ask(1n, { statement })
    expect([kept.isHit, kept.isShared]).toEqual([true, false])
  })

  test('do not share what ended at a limit, nor what has failed', async () => {
    const { tables, cache, ask } = harness()
    const limited = (rows: number) =>
      cache.get(
        requestFor(1n, { ...fresh, limit: { rows: 10, order: undefined } }),
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
      limit: fc.constantFrom(undefined, { rows: 1, order: undefined }, { rows: 2, order: undefined }),
    }),
    fc.record({ do: fc.constant('release' as const), which: fc.nat(10) }),
    fc.record({ do: fc.constant('wait' as const), time: fc.nat(80) }),
    fc.record({ do: fc.constant('clear' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { tables, clock, cache, ask } = harness(35)
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
