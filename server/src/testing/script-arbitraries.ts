/** Random scripts of messages, such as a driver may send, and such as none would. */
import fc from 'fast-check'
import {
  bindMessage,
  bindRest,
  closeMessage,
  copyFailMessage,
  describeMessage,
  executeMessage,
  flushMessage,
  parseMessage,
  syncMessage,
} from '../wire/frontend-messages.js'
import { callLower, copyData, copyDone } from './copy-messages.js'
import { queryMessage } from './raw-client.js'
import type { Round } from './script.js'

/** A statement for the extended protocol, with values that its parameters may get. */
export interface PreparedText {
  readonly text: string
  readonly values: readonly (readonly (string | null)[])[]
}

export interface Texts {
  /** For simple queries. */
  readonly simple: readonly string[]
  readonly prepared: readonly PreparedText[]
}

type Messages = readonly Buffer[]

/** Texts about no virtual table. There is a table `t (a int, b text)`. */
export const plainTexts: Texts = {
  simple: [
    '',
    'select 1',
    "select i, repeat('x', i) from generate_series(1, 200) i",
    'select 1; select 2',
    'select 1; select 1/0; select 3',
    'select nonsense',
    "select 'ä😀', nonsense",
    'select from where',
    'begin',
    'begin; select 1',
    'commit',
    'commit; select 2',
    'rollback',
    'savepoint a',
    'rollback to a',
    'select 1; begin; select 2',
    "insert into t values (1, 'one'), (2, null)",
    'select a + 0, b from (select a, upper(b) as b from t) t',
    'table t',
    'truncate t',
    'copy t to stdout',
    'copy (select i from generate_series(1, 50) i) to stdout; select 1',
    "set application_name = 'someone'",
    "set local application_name = 'nobody'",
    "do $$ begin raise notice 'hello'; end $$",
    'declare c cursor for select i from generate_series(1, 5) i',
    'fetch 2 from c',
    'close c',
    'listen news',
    "notify news, 'hello'",
    'prepare s as select 7',
    'execute s',
    'deallocate s',
    'deallocate all',
    'discard all',
    'create table u (a int); drop table u',
  ],
  prepared: [
    { text: 'select 1', values: [[]] },
    { text: '', values: [[]] },
    { text: 'select 1; select 2', values: [[]] },
    { text: 'select from where', values: [[]] },
    { text: 'select i from generate_series(1, 5) i', values: [[]] },
    { text: 'select $1::int + $2::int', values: [['1', '2'], ['1', null], ['1'], ['x', '2']] },
    {
      text: 'insert into t values ($1, $2)',
      values: [
        ['1', 'one'],
        ['2', null],
      ],
    },
    { text: 'select 1 / $1::int', values: [['1'], ['0']] },
    { text: 'begin', values: [[]] },
    { text: 'commit', values: [[]] },
    { text: 'rollback', values: [[]] },
    { text: 'table t', values: [[]] },
    { text: 'copy t to stdout', values: [[]] },
    { text: 'deallocate all', values: [[]] },
  ],
}

const statementName = fc.constantFrom('', '', 's', 'p')
const portalName = fc.constantFrom('', '', 'c')
const rowLimit = fc.constantFrom(0, 0, 1, 2)
const target = fc.constantFrom('S', 'P')

const values = (texts: readonly (string | null)[]) =>
  bindRest({
    types: [],
    formats: [],
    values: texts.map((text) => (text === null ? undefined : Buffer.from(text))),
  })

const rowsOfData = fc.constantFrom('1\tone\n', '2\ttwo\n', 'no number\tthree\n', '4', '\tfour\n', '\\.\n')
const dataMessages = fc.array(rowsOfData.map(copyData), { maxLength: 4 })
const endOfData = fc.constantFrom([copyDone], [copyDone], [copyFailMessage('I would rather not')])
const now = fc.boolean()
const sometimes = (message: Buffer): fc.Arbitrary<Messages> => now.map((yes) => (yes ? [message] : []))

/**
 * COPY FROM STDIN with its data, by either protocol, once or twice in one text. There is no Sync among the data:
 * whether PostgreSQL reads over it, or answers it after an error, depends on which data were bad.
 */
const copyIn: fc.Arbitrary<Messages> = fc.oneof(
  fc.constant<Messages>([syncMessage, queryMessage('copy t from stdin')]),
  fc
    .tuple(dataMessages, endOfData)
    .map(([data, end]): Messages => [syncMessage, queryMessage('copy t from stdin'), ...data, ...end]),
  fc
    .tuple(dataMessages, endOfData, dataMessages, endOfData)
    .map(
      ([data, end, more, last]): Messages => [
        syncMessage,
        queryMessage('copy t from stdin; select 1; copy t from stdin'),
        ...data,
        ...end,
        ...more,
        ...last,
      ],
    ),
  fc
    .tuple(sometimes(syncMessage), sometimes(flushMessage), dataMessages, endOfData, sometimes(syncMessage))
    .map(
      ([early, flush, data, end, late]): Messages => [
        parseMessage('', 'copy t from stdin', []),
        bindMessage('', '', bindRest(undefined)),
        executeMessage(''),
        // libpq sends one before it knows that this is COPY.
        ...early,
        ...flush,
        ...data,
        ...end,
        ...late,
      ],
    ),
)

function runPrepared(texts: Texts): fc.Arbitrary<Messages> {
  return fc
    .tuple(
      fc
        .constantFrom(...texts.prepared)
        .chain(({ text, values: sets }) =>
          fc.record({ text: fc.constant(text), bound: fc.constantFrom(...sets) }),
        ),
      statementName,
      portalName,
      fc.record({ describes: now, closes: now, describesPortal: now, again: now, limit: rowLimit }),
      fc.constantFrom<Messages>([syncMessage], [syncMessage], [flushMessage], []),
    )
    .map(([{ text, bound }, name, portal, options, end]) => [
      ...(name !== '' && options.closes ? [closeMessage('S', name)] : []),
      parseMessage(name, text, []),
      ...(options.describes ? [describeMessage('S', name)] : []),
      bindMessage(portal, name, values(bound)),
      ...(options.describesPortal ? [describeMessage('P', portal)] : []),
      executeMessage(portal, options.limit),
      ...(options.again ? [executeMessage(portal, options.limit)] : []),
      ...(options.closes ? [closeMessage('P', portal)] : []),
      ...end,
    ])
}

/** Single messages that need not fit to what precedes them. */
const stray: fc.Arbitrary<Messages> = fc
  .oneof(
    fc
      .tuple(portalName, statementName, fc.constantFrom([], ['1'], ['1', '2'], ['1.1.1.1']))
      .map(([portal, statement, bound]) => bindMessage(portal, statement, values(bound))),
    fc.tuple(portalName, rowLimit).map(([portal, limit]) => executeMessage(portal, limit)),
    fc.tuple(target, statementName).map(([kind, name]) => describeMessage(kind, name)),
    fc.tuple(target, statementName).map(([kind, name]) => closeMessage(kind, name)),
    fc.constantFrom(
      flushMessage,
      syncMessage,
      copyDone,
      copyFailMessage('why not'),
      copyData('1\tone\n'),
      callLower,
    ),
  )
  .map((message) => [message])

/**
 * Before each simple query, extended requests are brought to an end: else PostgreSQL 18 itself stumbles over some
 * ("StartTransactionCommand: unexpected state STARTED").
 */
function roundOf(texts: Texts): fc.Arbitrary<Round> {
  const unit = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.constantFrom(...texts.simple).map((text): Messages => [syncMessage, queryMessage(text)]),
    },
    { weight: 5, arbitrary: runPrepared(texts) },
    { weight: 2, arbitrary: stray },
    { weight: 1, arbitrary: copyIn },
  )
  return fc.record({
    messages: fc.array(unit, { minLength: 1, maxLength: 8 }).map((units) => units.flat()),
    pieces: fc.oneof(
      fc.constant([]),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
    ),
  })
}

/** A script that begins with an empty table `t`. */
export function scriptOf(texts: Texts): fc.Arbitrary<readonly Round[]> {
  const setup: Round = { messages: [queryMessage('create temp table t (a int, b text)')], pieces: [] }
  return fc.array(roundOf(texts), { minLength: 1, maxLength: 3 }).map((rounds) => {
    const script = [setup, ...rounds]
    return Object.assign(script, { [fc.toStringMethod]: () => `\n${showScript(script)}` })
  })
}

/** A script as a failing test shows it. */
function showScript(rounds: readonly Round[]): string {
  return rounds
    .map(({ messages, pieces }) =>
      [`pieces ${pieces}`, ...messages.map((message) => `  ${showMessage(message)}`)].join('\n'),
    )
    .join('\n')
}

function showMessage(message: Buffer): string {
  return `${message.toString('latin1', 0, 1)} ${JSON.stringify(message.toString('utf8', 5))}`
}
