/** Threads that decode, as they are built: Node.js runs no TypeScript in them. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Decoder, Row } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { copyRowEncoder } from '../stage/copy-row-encoder.js'
import type { DecodeRequest, DecodeThreads } from './decode-threads.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Decoders of texts of lines; each row has a line. They are loaded by their module's URL, as those of plugins are. */
const source = `
  async function* texts(parts) { for await (const part of parts) yield part.toString() }
  const rowsOf = (text) => text.split('\\n').filter(Boolean).map((word, n) => ({ word, n: BigInt(n), odd: n % 2 === 1 }))
  const decoder = (decode) => ({ decode })
  export const lines = decoder(async function* (parts, { remark }) {
    for await (const text of texts(parts)) yield { rows: rowsOf(text), remarks: [remark, text.length] }
  })
  export const data = decoder(async function* (parts) {
    for await (const { words, bytes } of parts) yield { rows: words.map((word) => ({ word: word + bytes })), remarks: [] }
  })
  export const failing = decoder(async function* (parts) {
    for await (const text of texts(parts)) {
      yield { rows: rowsOf(text), remarks: [] }
      throw Object.assign(new RangeError('no more'), { offset: 7, file: 'a', function: () => {} })
    }
  })
  export const wrong = decoder(async function* (parts) {
    for await (const text of texts(parts)) yield { rows: [{ word: { text } }], remarks: [] }
  })
  export const telling = decoder(async function* (parts) {
    for await (const text of texts(parts)) yield { rows: rowsOf(text), remarks: [() => {}] }
  })
  let atWork = 0
  export const counting = decoder(async function* (parts) {
    for await (const text of texts(parts)) {
      const most = ++atWork
      await new Promise((resolve) => setImmediate(resolve))
      atWork--
      yield { rows: rowsOf(text), remarks: [most] }
    }
  })
  export const early = decoder(async function* (parts) {
    for await (const text of texts(parts)) { yield { rows: rowsOf(text), remarks: [] }; return }
  })
  export const endless = decoder(async function* (parts) {
    for await (const text of texts(parts)) { yield { rows: rowsOf(text), remarks: [] }; for (;;); }
  })
  export const exiting = decoder(async function* (parts) {
    for await (const text of texts(parts)) { process.exit(3) }
  })`
const module = new URL(`data:text/javascript,${encodeURIComponent(source)}`)

const columns = [
  { name: 'word', type: 'text' },
  { name: 'n', type: 'bigint' },
  { name: 'odd', type: 'boolean' },
] as const

type AnyDecoder = Decoder<unknown, unknown, unknown>
let Threads: typeof DecodeThreads
let copyChunks: typeof import('../stage/copy-chunks.js').copyChunks
let decoders: Readonly<Record<string, Pick<AnyDecoder, 'decode'>>>
let threads: DecodeThreads

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['node_modules/typescript/lib/tsc.js', '-b', 'sql-engine'], {
    cwd: root,
  })
  const built = new URL('../../dist/', import.meta.url).href
  const decode: typeof import('./decode-threads.js') = await import(`${built}decode/decode-threads.js`)
  const stage: typeof import('../stage/copy-chunks.js') = await import(`${built}stage/copy-chunks.js`)
  Threads = decode.DecodeThreads
  copyChunks = stage.copyChunks
  decoders = await import(/* @vite-ignore */ module.href)
}, 120_000)
beforeEach(() => {
  threads = new Threads({ most: 2, log: pino({ level: 'silent' }), patience: 50 })
})
afterEach(() => threads.stop())

async function* partsOf(...texts: readonly string[]): AsyncGenerator<Buffer, void, void> {
  for (const text of texts) yield Buffer.from(text)
}

function request(
  name: string,
  parts: AsyncIterable<unknown>,
  more: Partial<DecodeRequest<unknown, unknown, unknown>> = {},
): DecodeRequest<unknown, unknown, unknown> {
  const { decode } = decoders[name] ?? {}
  if (decode === undefined) throw new Error(`there is no decoder ${name}`)
  return {
    decoder: { module, name, decode },
    parts,
    options: { remark: 'a remark' },
    encoding: { columns, constants: undefined, tableName: 'words' },
    signal: new AbortController().signal,
    ...more,
  }
}

const meter = { addRows: () => {}, addBytes: () => {} }

/** What PostgreSQL is sent. */
async function copied(batches: AsyncIterable<{ readonly rows: readonly Row[] }>): Promise<string> {
  async function* rows() {
    for await (const batch of batches) yield batch.rows
  }
  let text = ''
  for await (const chunk of copyChunks(rows(), copyRowEncoder(columns, 'words'), meter)) text += chunk
  return text
}

describe('a thread', () => {
  test('gives PostgreSQL the same rows as the main thread, in any parts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), async (texts) => {
        const { decoder, options } = request('lines', partsOf())
        const here = await copied(decoder.decode(partsOf(...texts), options))
        expect(await copied(threads.decode(request('lines', partsOf(...texts))))).toBe(here)
      }),
      { numRuns: 30 },
    )
  })

  test('gives remarks, what the engine adds, and rows that can only be counted and passed on', async () => {
    const encoding = {
      columns: [...columns.slice(0, 1), { name: 'connection', type: 'text' as const }],
      constants: { connection: 'one' },
      tableName: 'words',
    }
    const { value: batch } = await threads.decode(request('lines', partsOf('a\nb'), { encoding })).next()
    if (batch === undefined) throw new Error('there is no batch')
    expect(batch.remarks).toEqual(['a remark', 3])
    expect(batch.rows).toHaveLength(2)
    expect(await copied(again(batch))).toBe('a\tone\nb\tone\n')
    for (const read of [
      () => batch.rows[0],
      () => batch.rows.filter(() => true),
      () => [...batch.rows],
      () => batch.rows.slice(0, 1),
    ]) {
      expect(read).toThrow('can only be passed on')
    }
  })

  test('takes any data, and bytes as Buffers whose memory nobody else loses', async () => {
    const bytes = Buffer.from('bytes')
    async function* data() {
      yield { words: ['a', 'b'], bytes: 1 }
    }
    expect(await copied(threads.decode(request('data', data())))).toBe('a1\t\\N\t\\N\nb1\t\\N\t\\N\n')
    async function* twice() {
      yield bytes
      yield bytes
    }
    expect(await copied(threads.decode(request('lines', twice())))).toBe('bytes\t0\tf\nbytes\t0\tf\n')
  })

  test('is given bytes with all of their memory, once', async () => {
    const bytes = Buffer.from(new TextEncoder().encode('bytes').buffer)
    async function* parts() {
      yield bytes
    }
    expect(await copied(threads.decode(request('lines', parts())))).toBe('bytes\t0\tf\n')
    await expect(copied(threads.decode(request('lines', parts())))).rejects.toThrow('given before')
  })

  test('fails where something is no plain data, and goes on with others', async () => {
    const notPlain = { remark: () => {} }
    async function* parts() {
      yield Buffer.from('a')
      yield notPlain
    }
    for (const wrong of [
      request('lines', partsOf('a'), { options: notPlain }),
      request('lines', parts()),
      request('telling', partsOf('a', 'b')),
    ]) {
      await expect(copied(threads.decode(wrong))).rejects.toThrow('could not be cloned')
    }
    const others = await Promise.all(
      ['a', 'b', 'c', 'd'].map((text) => copied(threads.decode(request('lines', partsOf(text))))),
    )
    expect(others).toEqual(['a', 'b', 'c', 'd'].map((text) => `${text}\t0\tf\n`))
  })

  test('passes on what its decoder throws, after the rows before it', async () => {
    const decoding = threads.decode(request('failing', partsOf('a', 'b')))
    expect((await decoding.next()).value?.rows).toHaveLength(1)
    const error: unknown = await decoding.next().catch((thrown) => thrown)
    expect(error).toMatchObject({ name: 'RangeError', message: 'no more', offset: 7, file: 'a' })
    expect(error).not.toHaveProperty('function')
  })

  test('says what is wrong with a row, as the main thread does', async () => {
    await expect(copied(threads.decode(request('wrong', partsOf('a'))))).rejects.toMatchObject({
      sqlState: 'HV004',
      message: 'table words yields a wrong value for column "word"',
    })
  })

  test('ends when the parts fail, and says how', async () => {
    async function* failing() {
      yield Buffer.from('a')
      throw new Error('the connection was lost')
    }
    await expect(copied(threads.decode(request('lines', failing())))).rejects.toThrow(
      'the connection was lost',
    )
  })

  test('is given no more than it takes, nor by a decoder that needs no more', async () => {
    let given = 0
    let ended = () => {}
    const hasEnded = new Promise<void>((resolve) => {
      ended = resolve
    })
    async function* parts() {
      try {
        for (; given < 1_000; given++) yield Buffer.from('a\n')
      } finally {
        ended()
      }
    }
    const decoding = threads.decode(request('lines', parts()))
    await decoding.next()
    await vi.waitFor(() => expect(given).toBeGreaterThan(4))
    expect(given).toBeLessThan(30)
    await decoding.return()
    await hasEnded
    given = 0
    expect(await copied(threads.decode(request('early', parts())))).toBe('a\t0\tf\n')
    expect(given).toBeLessThan(30)
  })

  test('works on few answers at a time, and on others while one waits for parts or for its rows to be taken', async () => {
    threads = new Threads({ most: 1, log: pino({ level: 'silent' }) })
    let give = () => {}
    async function* waiting() {
      yield Buffer.from('a')
      await new Promise<void>((resolve) => {
        give = resolve
      })
    }
    const stopped = threads.decode(request('lines', partsOf(...Array(40).fill('a'))))
    const slow = [waiting(), waiting()].map((parts) => threads.decode(request('lines', parts)))
    for (const decoding of [stopped, ...slow]) await decoding.next()
    const most: unknown[] = []
    const count = async () => {
      for await (const { remarks } of threads.decode(request('counting', partsOf('a', 'b', 'c'))))
        most.push(...remarks)
    }
    await Promise.all(Array.from({ length: 12 }, count))
    expect(most).toHaveLength(36)
    expect(Math.max(...most.map(Number))).toBe(2)
    give()
    await stopped.return()
    for (const decoding of slow) await decoding.return()
  })

  test('that does not end is ended, and the others go on in another one', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const decoding = threads.decode(request('endless', partsOf('a', 'b'), { signal }))
    await decoding.next()
    const next = decoding.next()
    controller.abort()
    await expect(next).rejects.toMatchObject({ sqlState: '57014' })
    // One with fewer tasks is there for whoever comes next.
    expect(await copied(threads.decode(request('lines', partsOf('a'))))).toBe('a\t0\tf\n')
  })

  test('that ends by itself fails what it does, and is replaced', async () => {
    await expect(copied(threads.decode(request('exiting', partsOf('a'))))).rejects.toThrow('has ended')
    expect(await copied(threads.decode(request('lines', partsOf('a'))))).toBe('a\t0\tf\n')
  })

  test('ends with the engine', async () => {
    const decoding = threads.decode(request('endless', partsOf('a', 'b')))
    await decoding.next()
    const next = decoding.next()
    await Promise.all([threads.stop(), expect(next).rejects.toThrow('stopped')])
    expect(threads.areThere).toBe(false)
  })
})

async function* again<Batch>(batch: Batch): AsyncGenerator<Batch, void, void> {
  yield batch
}

test('where a program runs from its sources, there are none', async () => {
  const { DecodeThreads } = await import('./decode-threads.js')
  expect(new DecodeThreads({ most: 2, log: pino({ level: 'silent' }) }).areThere).toBe(false)
})
