/** What a client gets through the gateway is what PostgreSQL says, byte for byte. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callLower, copyData, copyDone } from './testing/copy-messages.js'
import { describe as describeMessage, queryMessage, RawClient } from './testing/raw-client.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'
import {
  bindMessage,
  bindRest,
  closeMessage,
  copyFailMessage,
  describeMessage as describeStatement,
  executeMessage,
  flushMessage,
  parseMessage,
  syncMessage,
} from './wire/frontend-messages.js'

const noValues = bindRest(undefined)
const values = (...texts: readonly string[]) =>
  bindRest({ types: [], formats: [], values: texts.map((text) => Buffer.from(text)) })
/** Each step's messages are sent at once; then the replies are read up to a type. */
type Script = readonly { readonly send: readonly Buffer[]; readonly until: string }[]

const ready = (...send: readonly Buffer[]) => ({ send, until: 'Z' })

const scripts: Readonly<Record<string, Script>> = {
  'simple queries': [ready(queryMessage("select 1, null::int, 'ä€😀', repeat('x', 100000)"))],
  'no query': [ready(queryMessage('')), ready(queryMessage(' -- nothing'))],
  'several statements in one text': [ready(queryMessage('select 1; create temp table t (a int); select 2'))],
  'an error, and what follows it in the text': [ready(queryMessage('select 1; select 1/0; select 2'))],
  'a syntax error with its position': [ready(queryMessage("select 'äöü', foo bar baz"))],
  'notices and parameters': [
    ready(queryMessage("do $$ begin raise notice 'hello %', 1; end $$")),
    ready(queryMessage("set application_name = 'someone'")),
    ready(queryMessage("set datestyle = 'German'")),
  ],
  'a transaction and its failure': [
    ready(queryMessage('begin')),
    ready(queryMessage('select nonsense')),
    ready(queryMessage('select 1')),
    ready(queryMessage('rollback')),
  ],
  'many rows': [ready(queryMessage("select i, repeat('y', i % 50) from generate_series(1, 20000) i"))],
  'COPY out': [ready(queryMessage('copy (select i from generate_series(1, 3000) i) to stdout'))],
  'COPY in': [
    ready(queryMessage('create temp table t (a int, b text)')),
    { send: [queryMessage('copy t from stdin')], until: 'G' },
    ready(copyData('1\tone\n'), copyData('2\ttwo\n'), copyDone),
    ready(queryMessage('select a + 0, b from (select a, upper(b) as b from t) t')),
    { send: [queryMessage('copy t from stdin')], until: 'G' },
    ready(copyData('3\tthree\n'), copyFailMessage('I would rather not')),
    { send: [queryMessage('copy t from stdin')], until: 'G' },
    ready(copyData('no number\tfour\n'), copyData('5\tfive\n'), copyDone),
    ready(queryMessage('select count(*) from t')),
  ],
  'COPY in by the extended protocol': [
    ready(queryMessage('create temp table t (a int)')),
    {
      send: [
        parseMessage('', 'copy t from stdin', []),
        bindMessage('', '', noValues),
        describeStatement('P', ''),
        executeMessage(''),
        syncMessage,
      ],
      until: 'G',
    },
    ready(copyData('1\n'), copyData('2\n'), copyDone, syncMessage),
    ready(queryMessage('select a + 0 from t')),
    {
      send: [
        parseMessage('', 'copy t from stdin', []),
        bindMessage('', '', noValues),
        executeMessage(''),
        syncMessage,
      ],
      until: 'G',
    },
    ready(copyData('x\n'), copyDone, syncMessage),
    ready(queryMessage('select count(*) from t')),
  ],
  'a prepared statement, run twice': [
    ready(parseMessage('s', 'select $1::int + $2::int', []), describeStatement('S', 's'), syncMessage),
    ready(
      bindMessage('', 's', values('1', '2')),
      describeStatement('P', ''),
      executeMessage(''),
      syncMessage,
    ),
    ready(bindMessage('p', 's', values('3', '4')), executeMessage('p'), closeMessage('P', 'p'), syncMessage),
    ready(closeMessage('S', 's'), syncMessage),
    ready(bindMessage('', 's', values('1', '2')), syncMessage),
  ],
  'a portal read in parts': [
    ready(queryMessage('begin')),
    {
      send: [
        parseMessage('', 'select generate_series(1, 5)', []),
        bindMessage('c', '', noValues),
        executeMessage('c', 2),
        flushMessage,
      ],
      until: 's',
    },
    { send: [executeMessage('c', 2), flushMessage], until: 's' },
    ready(executeMessage('c', 2), syncMessage),
    ready(queryMessage('commit')),
  ],
  'errors in a pipeline': [
    ready(
      parseMessage('', 'select 1', []),
      bindMessage('', '', noValues),
      executeMessage(''),
      parseMessage('', 'select 1/0', []),
      bindMessage('', '', noValues),
      executeMessage(''),
      parseMessage('', 'select 3', []),
      bindMessage('', '', noValues),
      executeMessage(''),
      syncMessage,
    ),
    ready(parseMessage('', 'select from where', []), queryMessage('select 1'), syncMessage),
    ready(bindMessage('', 'there is none', noValues), describeStatement('S', 'nor such'), syncMessage),
    ready(parseMessage('', 'select $1::int', []), bindMessage('', '', noValues), syncMessage),
    ready(queryMessage('select 4')),
  ],
  'several Syncs at once': [
    {
      send: [
        syncMessage,
        syncMessage,
        parseMessage('', 'select 1', []),
        syncMessage,
        queryMessage('select 2'),
      ],
      until: 'C',
    },
    { send: [], until: 'Z' },
  ],
  'a function call': [ready(callLower), ready(queryMessage('select 1'))],
  notifications: [ready(queryMessage('listen news')), ready(queryMessage("notify news, 'hello'"))],
}

let harness: TestGateway

beforeAll(async () => {
  harness = await startTestGateway()
})

afterAll(() => harness?.stop())

describe('the same as from PostgreSQL itself:', () => {
  for (const [name, script] of Object.entries(scripts)) {
    test(name, async () => {
      const straight = await run(script, { ...harness.postgres.engineConfig, user: 'millrace', options: '' })
      expect(await run(script, harness.config)).toEqual(straight)
      expect(await run(script, harness.config, 3), 'sent in small pieces').toEqual(straight)
    })
  }
})

/** @param pieceSize how many bytes are sent at once; all by default */
async function run(script: Script, config: object, pieceSize?: number): Promise<string[][]> {
  const client = await RawClient.connect(config)
  try {
    const replies: string[][] = []
    for (const { send, until } of script) {
      await client.sendInPieces(Buffer.concat(send), pieceSize)
      // A notification names the process that sent it.
      replies.push((await client.until(until)).filter(({ type }) => type !== 'A').map(describeMessage))
    }
    return replies
  } finally {
    client.close()
  }
}
