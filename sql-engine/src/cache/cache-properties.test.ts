/**
 * Whatever is asked, in whatever order, while time passes, rows come and go, and all is forgotten or restarted: an
 * answer from what is kept is one that the API could have given within the time to live, and takes no more calls.
 */
import { bigint, inet, type Row, text, timestamptz } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../engine.js'
import { ClientSession } from '../testing/client-session.js'
import { type CountingPlugin, countingPlugin } from '../testing/counting-plugin.js'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.js'

/** MILLRACE_PROPERTY_RUNS makes a long run, of other cases each time. */
const wantedRuns = Number(process.env.MILLRACE_PROPERTY_RUNS ?? 0)
const isLong = wantedRuns > 0

const ttl = 100
const instants = 12
const addresses = 6

interface LogLine {
  readonly trail: string
  readonly at: number
  readonly line: number
  /** When it reaches the API. */
  readonly bornAt: number
}

/** Two trails, three lines at each instant; some are there from the beginning, others come late. */
const logLines: readonly LogLine[] = Array.from({ length: instants * 3 }, (_, line) => ({
  trail: line % 2 === 0 ? 't1' : 't2',
  at: Math.floor(line / 3),
  line,
  bornAt: line % 5 === 4 ? (line * 37) % 900 : -1_000_000,
}))

/** What is known of an address changes now and then; of some, there is nothing for a while. */
function cityAt(last: number, time: number): string | undefined {
  const era = Math.floor(time / (20 + 5 * last))
  return last % 3 === 0 && Math.floor(era / 8) % 2 === 0 ? undefined : `c${last} ${era}`
}

class BackingHarness {
  time = 0
  readonly log: Row[] = []
  readonly place: Row[] = []
  readonly counting: CountingPlugin

  constructor(filtering: 'equality' | 'every operator') {
    const bounds = ['<', '<=', '>', '>='] as const
    this.counting = countingPlugin(
      {
        log: {
          columns: { trail: text('Trail'), at: timestamptz('Time'), line: bigint('Line') },
          keys: {
            trail: { operators: ['='], require: 'required', valuesPerCall: 1 },
            at: { operators: ['=', ...bounds], inherent: true, immutable: true },
            line: { operators: ['=', '<>', '<=', '>='], inherent: true, immutable: true },
          },
          rows: this.log,
        },
        place: {
          columns: { ip: inet('Address'), city: text('City'), size: bigint('Size') },
          keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 2 } },
          rows: this.place,
          cache: { lookup: 'ip', persist: true },
        },
      },
      undefined,
      filtering,
    )
    this.advance(0)
  }

  advance(time: number): void {
    this.time += time
    const born = logLines.filter(({ bornAt }) => bornAt <= this.time)
    const log = born.map(({ trail, at, line }) => ({ trail, at: iso(at), line: BigInt(line) }))
    this.log.splice(0, this.log.length, ...log)
    const place: Row[] = []
    for (let last = 0; last < addresses; last++) {
      const city = cityAt(last, this.time)
      if (city !== undefined) place.push({ ip: `1.1.1.${last}`, city, size: BigInt(last) })
    }
    this.place.splice(0, this.place.length, ...place)
  }
}

const iso = (at: number) => new Date(Date.UTC(2026, 0, 1) + at).toISOString()

interface LogQuestion {
  readonly ask: 'log'
  readonly trails: readonly string[]
  readonly bounds: readonly {
    readonly column: 'at' | 'line'
    readonly operator: string
    readonly value: number
  }[]
  readonly withTime: boolean
}
interface PlaceQuestion {
  readonly ask: 'place'
  readonly addresses: readonly number[]
  readonly form: 'list' | 'join' | 'whole'
}
type Question = LogQuestion | PlaceQuestion

function sqlOf(question: Question): string {
  if (question.ask === 'log') {
    const trails = question.trails.map((trail) => `'${trail}'`).join(', ')
    const bounds = question.bounds.map(
      ({ column, operator, value }) =>
        ` and ${column} ${operator} ${column === 'at' ? `'${iso(value)}'` : value}`,
    )
    return `select line${question.withTime ? ', at' : ''} from log where trail in (${trails})${bounds.join('')}`
  }
  const list = question.addresses.map((last) => `'1.1.1.${last}'::inet`).join(', ')
  if (question.form === 'join') {
    return `select p.ip, p.city from unnest(array[${list}]) as a join place p on p.ip = a`
  }
  return `select ${question.form === 'whole' ? '*' : 'ip, city'} from place where ip in (${list})`
}

/** The answer is one of the last so many milliseconds. */
function check(question: Question, rows: readonly Record<string, unknown>[], time: number, maxAge: number) {
  const context = JSON.stringify({ sql: sqlOf(question), time, maxAge })
  if (question.ask === 'log') {
    const fitting = logLines.filter(
      (line) =>
        question.trails.includes(line.trail) &&
        question.bounds.every(({ column, operator, value }) => compares(line[column], operator, value)),
    )
    const got = rows.map(({ line }) => Number(line)).sort((a, b) => a - b)
    const certain = fitting.filter(({ bornAt }) => bornAt <= time - maxAge).map(({ line }) => line)
    const possible = fitting.filter(({ bornAt }) => bornAt <= time).map(({ line }) => line)
    expect(new Set(got).size, context).toBe(got.length)
    expect(got, context).toEqual(expect.arrayContaining(certain))
    expect(possible, context).toEqual(expect.arrayContaining(got))
    return
  }
  const got = new Map(rows.map(({ ip, city }) => [String(ip), city]))
  expect(got.size, context).toBe(rows.length)
  for (const last of question.addresses) {
    const possible = new Set<unknown>()
    for (let age = 0; age <= maxAge; age++) possible.add(cityAt(last, time - age))
    expect([...possible], `${context} ${last}`).toContain(got.get(`1.1.1.${last}`))
  }
}

function compares(left: number, operator: string, right: number): boolean {
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  if (operator === '>') return left > right
  if (operator === '>=') return left >= right
  return operator === '=' ? left === right : left !== right
}

const logQuestion = fc.record({
  ask: fc.constant('log' as const),
  trails: fc.subarray(['t1', 't2'], { minLength: 1 }),
  bounds: fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          column: fc.constant('at' as const),
          operator: fc.constantFrom('<', '<=', '>', '>=', '='),
          value: fc.nat(instants),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          column: fc.constant('line' as const),
          operator: fc.constantFrom('<', '<=', '>', '>=', '<>'),
          value: fc.nat(instants * 3),
        }),
      },
    ),
    { maxLength: 3 },
  ),
  withTime: fc.boolean(),
})
const placeQuestion = fc.record({
  ask: fc.constant('place' as const),
  addresses: fc.uniqueArray(fc.nat(addresses - 1), { minLength: 1, maxLength: 4 }),
  form: fc.constantFrom('list' as const, 'join' as const, 'whole' as const),
})
const question = fc.oneof(logQuestion, placeQuestion)

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      question,
      maxAge: fc.constantFrom(ttl, ttl, ttl / 2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('both' as const), one: question, other: question }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
)

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres?.stop())

class Sessions {
  constructor(
    readonly engine: Engine,
    readonly one: ClientSession,
    readonly other: ClientSession,
    readonly uncached: ClientSession,
  ) {}

  static async open(harness: BackingHarness, maxBytes: number): Promise<Sessions> {
    const engine = await Engine.start({
      postgres,
      connections: [{ name: 'counting', plugin: harness.counting.plugin, settings: {} }],
      environment: {},
      log: pino({ level: 'silent' }),
      cache: { ttl, maxBytes, now: () => harness.time },
    })
    const open = () => ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, engine)
    const [one, other, uncached] = await Promise.all([open(), open(), open()])
    await uncached.query('set millrace.cache_ttl = 0')
    return new Sessions(engine, one, other, uncached)
  }

  async close(): Promise<void> {
    await Promise.all([this.one, this.other, this.uncached].map((session) => session.close()))
    await this.engine.stop()
  }
}

test.each([
  { filtering: 'equality', maxBytes: 10_000_000 },
  { filtering: 'every operator', maxBytes: 10_000_000 },
  { filtering: 'every operator', maxBytes: 300_000 },
] as const)(
  'over an API that filters by $filtering, with $maxBytes bytes',
  async ({ filtering, maxBytes }) => {
    const counts = { cases: 0, hits: 0, asked: 0 }
    const numRuns = isLong ? wantedRuns : 6
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
        counts.cases++
        const harness = new BackingHarness(filtering)
        const { calls } = harness.counting
        let sessions = await Sessions.open(harness, maxBytes)
        try {
          await sessions.engine.clearCache()
          for (const one of steps) {
            if (one.do === 'wait') harness.advance(one.time)
            else if (one.do === 'clear') await sessions.engine.clearCache()
            else if (one.do === 'restart') {
              await sessions.close()
              sessions = await Sessions.open(harness, maxBytes)
            } else if (one.do === 'both') {
              const asking = [sessions.one.query(sqlOf(one.one)), sessions.other.query(sqlOf(one.other))]
              const [rows = [], others = []] = await Promise.all(asking)
              check(one.one, rows, harness.time, ttl)
              check(one.other, others, harness.time, ttl)
            } else {
              await sessions.one.query(`set millrace.cache_ttl = ${one.maxAge / 1000}`)
              calls.length = 0
              check(one.question, await sessions.one.query(sqlOf(one.question)), harness.time, one.maxAge)
              const taken = calls.length
              calls.length = 0
              check(one.question, await sessions.uncached.query(sqlOf(one.question)), harness.time, 0)
              counts.asked++
              if (taken === 0 && calls.length > 0) counts.hits++
              expect(taken, sqlOf(one.question)).toBeLessThanOrEqual(calls.length)
              await sessions.one.query('reset millrace.cache_ttl')
            }
          }
        } finally {
          await sessions.close()
        }
      }),
      {
        // Shrinking takes its time.
        endOnFailure: true,
        numRuns,
        ...(isLong ? {} : { seed: 20_261_125 }),
      },
    )
    expect(counts.cases).toBe(numRuns)
    expect(counts.hits).toBeGreaterThan(maxBytes > 500_000 ? counts.asked / 10 : 0)
  },
  3_600_000,
)
